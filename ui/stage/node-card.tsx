// One node: its role, how it is doing, the last values in it, what it says of itself, and what can be done to it.
import { useComputed } from '@preact/signals';
import { useId, useRef } from 'preact/hooks';
import { factsOf, storeText } from '../node-panel/facts.ts';
import { promotionOf } from '../node-panel/promotion.ts';
import { PromoteButton, PromotionNotice } from '../node-panel/promotion.tsx';
import type { ConsoleNode } from '../nodes/addresses.ts';
import { isFile } from '../nodes/secret.ts';
import { count, shortEpoch } from '../nodes/words.ts';
import { WithCommands } from '../parts/with-commands.tsx';
import { isGone, MAX_VALUES, type NodeView, type ShownValue } from '../recording/story.ts';
import { valuesAt } from '../recording/values.ts';
import { differing, isComparedToTheEnd, notListed } from '../state/keys.ts';
import { seen } from '../state/nodes.ts';
import { isLive, calmPicture as picture, calmAt as shownAt, calmStory as story } from '../state/playback.ts';
import { adviceFor, STATE_WORDS } from '../watch/advice.ts';
import { nodeWords } from './node-words.ts';
import { ProcessButtons } from './process-buttons.tsx';
import { Term } from './term.tsx';

export function NodeCard({ node }: { readonly node: ConsoleNode }) {
  const { id } = node;
  const view = story.value.nodes[id];
  const titleId = `${id}-title`;
  const isSeen = view.isSeen;
  const { mood, text, term } = nodeWords(story.value, id, view, isSeen);
  const box = id === 'a' ? ['crownA', 'trackA'] : ['crownB', 'trackB'];
  return (
    <article
      class="node"
      data-box={id}
      data-node={id}
      data-mood={mood}
      data-gone={isGone(view)}
      data-leads={picture.value.crown.on === id}
      aria-labelledby={titleId}
    >
      <div class="node-head">
        <span class="crown-place" data-box={box[0]} />
        <h3 id={titleId}>
          Node {node.name} <Role view={view} />
        </h3>
        <span class="state" role="status">
          {isSeen ? STATE_WORDS[view.look.state] : 'connecting'}
        </span>
        <p class="doing">
          {text} <Term term={term} />
        </p>
      </div>
      <div class="track" data-box={box[1]} aria-hidden="true" />
      <Values view={view} />
      <Facts node={node} view={view} />
      {isLive.value && <Actions node={node} />}
    </article>
  );
}

/** The role that it has; of one that does not answer, the one that it had. */
function Role({ view }: { readonly view: NodeView }) {
  const role = view.look.role ?? view.role;
  if (role === undefined) return null;
  const isPast = isGone(view) || view.look.state === 'locked';
  return (
    <span class={`role ${isPast ? 'past' : ''}`} data-role={role}>
      {isPast ? `was ${role}` : role}
    </span>
  );
}

function Values({ view }: { readonly view: NodeView }) {
  const values = useComputed(() => valuesAt(view.values, shownAt.value).slice(0, MAX_VALUES));
  return (
    <ul class="values" aria-label="Last records">
      {values.value.map((value) => (
        <ValueRow key={value.key} value={value} isNew={shownAt.value - value.from < 1200} />
      ))}
      {values.value.length === 0 && (
        <li class="none">{view.look.keys === 0 ? 'No keys yet.' : 'No record was seen to arrive yet.'}</li>
      )}
    </ul>
  );
}

function ValueRow({ value, isNew }: { readonly value: ShownValue; readonly isNew: boolean }) {
  return (
    <li data-new={isNew}>
      <span class="value-key" title={value.key}>
        {value.key}
      </span>
      <span class="value-text">{value.deleted ? <i>deleted</i> : (value.value ?? '')}</span>
      <span class="value-version">v{value.version}</span>
    </li>
  );
}

function Facts({ node, view }: { readonly node: ConsoleNode; readonly view: NodeView }) {
  const { look } = view;
  const { status } = seen.value[node.id];
  const role = look.role ?? view.role ?? node.beginsAs;
  const facts = isLive.value ? factsOf(role, status, differences(), Date.now()) : factsThen(view);
  const epoch = look.epoch ? shortEpoch(look.epoch, Date.now()) : '–';
  return (
    <>
      <dl class="facts">
        {facts.map(({ term, value }) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p class="place">
        <code title={node.url}>{node.url.replace(/^https?:\/\//, '')}</code>
        {isLive.value && status && <span>{storeText(status)}</span>}
        <span title={look.epoch ? `Epoch ${look.epoch}` : undefined}>epoch {epoch}</span>
      </p>
    </>
  );
}

/** What the recording knows of a node at a time. */
function factsThen({ look, circuit, role }: NodeView) {
  const facts = [{ term: 'Keys', value: look.keys?.toLocaleString('en') ?? '–' }];
  if ((look.role ?? role) !== 'primary') return facts;
  const backlog = look.backlog === undefined ? '–' : look.backlog === 0 ? 'empty' : count(look.backlog, 'record');
  return [...facts, { term: 'Backlog', value: backlog }, { term: 'Circuit', value: circuit.replace('_', ' ') }];
}

function differences(): string {
  if (differing.value === undefined) return 'unknown';
  const number = differing.value === 0 ? 'none' : count(differing.value, 'key');
  return `${number}${isComparedToTheEnd.value ? '' : ' so far'}`;
}

/** What can be done to the node, and what was said to that. In a replay there is nothing to be done. */
function Actions({ node }: { readonly node: ConsoleNode }) {
  const own = seen.value[node.id];
  const promotion = promotionOf(node);
  const button = useRef<HTMLButtonElement>(null);
  const notice = useRef<HTMLDivElement>(null);
  const advice = adviceFor(node, own, notListed.value[node.id], isFile());
  return (
    <>
      <div class="actions">
        <PromoteButton promotion={promotion} seen={own} button={button} notice={notice} />
        <ProcessButtons node={node} />
        {advice !== '' && <Advice text={advice} />}
      </div>
      <PromotionNotice promotion={promotion} button={button} notice={notice} />
    </>
  );
}

/** What is wrong and what to do, over the page: nothing moves when a node fails. */
function Advice({ text }: { readonly text: string }) {
  const id = useId();
  return (
    <>
      <button type="button" popovertarget={id}>
        What to do
      </button>
      <div id={id} popover="auto" class="meaning advice">
        <WithCommands text={text} />
      </div>
    </>
  );
}
