// The key that is open: what both nodes hold of it, and its timeline.
import { useEffect, useRef } from 'preact/hooks';
import { age, clockTime, shortEpoch } from '../nodes/words.ts';
import { Json } from '../parts/json.tsx';
import type { NodeName } from '../recording/observation.ts';
import { openKey } from '../state/keys.ts';
import { NODES, roleOf } from '../state/nodes.ts';
import type { CopyRead } from './key-told.ts';
import { close, keyRead } from './open-key.ts';
import { Timeline } from './timeline.tsx';

export function KeyDetail() {
  const key = openKey.value;
  const section = useRef<HTMLElement>(null);
  // What was focused when a key was opened has the focus again when it is closed.
  const from = useRef<Element | null>(null);
  useEffect(() => {
    if (key !== undefined) from.current = document.activeElement;
  }, [key]);
  if (key === undefined) return null;
  const leave = () => {
    close();
    if (from.current instanceof HTMLElement) from.current.focus({ preventScroll: true });
  };
  const read = keyRead.value?.key === key ? keyRead.value : undefined;
  return (
    <section
      ref={section}
      class="card key-detail"
      aria-labelledby="key-title"
      onKeyDown={(event) => {
        if (event.key === 'Escape') leave();
      }}
    >
      <div class="key-detail-head">
        <h2 id="key-title" class="code" dir="auto">
          {key}
        </h2>
        <button type="button" class="small" onClick={leave}>
          Close
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled with the keyboard */}
      <div class="key-detail-body" tabIndex={0}>
        <div class="copies">
          {NODES.map(({ id, name }) => (
            <CopyOf key={id} node={id} name={name} copy={read?.copies[id]} />
          ))}
        </div>
        {read?.status ? (
          <Timeline status={read.status} />
        ) : (
          <p class="hint">How it was copied is known to the node that leads, which does not tell at the moment.</p>
        )}
      </div>
    </section>
  );
}

function CopyOf({ node, name, copy }: { node: NodeName; name: string; copy: CopyRead | undefined }) {
  const titleId = `copy-${node}`;
  const now = Date.now();
  return (
    <section aria-labelledby={titleId} class={copy?.isOld ? 'old' : ''}>
      <h3 id={titleId}>
        Node {name}, {roleOf(node)}
      </h3>
      {copy === undefined ? (
        <p class="hint">It has not told yet.</p>
      ) : copy.version === undefined ? (
        <p class="hint">{copy.status === 404 ? 'It is not here.' : (copy.detail ?? `It answers ${copy.status}.`)}</p>
      ) : (
        <Held copy={copy} now={now} />
      )}
      {copy?.isOld && <p class="hint">It does not answer. This is as of {clockTime(copy.readAt)}.</p>}
    </section>
  );
}

function Held({ copy, now }: { copy: CopyRead; now: number }) {
  const { version, epoch = 0, updatedAt, expiresAt, value = '' } = copy;
  return (
    <>
      <p class="hint">
        version {version} · epoch <span title={`Epoch ${epoch}`}>{shortEpoch(epoch, now)}</span>
        <span class="hidden">{` (${epoch})`}</span>
        {updatedAt && ` · written ${age(now - Date.parse(updatedAt))} ago`}
        {expiresAt && ` · expires ${new Date(expiresAt).toLocaleString()}`}
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled with the keyboard */}
      <pre tabIndex={0}>
        <Json text={value} />
      </pre>
    </>
  );
}
