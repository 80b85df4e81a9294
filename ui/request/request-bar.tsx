// The request bar: checks what is asked for, and has it sent.
import { useEffect, useRef, useState } from 'preact/hooks';
import { keyProblem, operations } from '../nodes/operations.ts';
import { follower, lead, nameOf, seen } from '../state/nodes.ts';
import { chosenKey } from '../state/request.ts';
import { Conditions } from './conditions.tsx';
import { Result } from './result.tsx';
import { demonstrateFailure, repairNow, run, toLeader, toNode } from './run.ts';
import { valueHint } from './value-hint.ts';

const TAG = /^\s*(\*|"[!#-~]*")\s*$/;

type Asked = 'put' | 'delete' | 'get' | 'status';

export function RequestBar() {
  return (
    <section class="card request-bar" aria-labelledby="request-title">
      <h2 id="request-title" class="hidden">
        Request
      </h2>
      <RequestForm />
      <Result />
      <Demonstration />
    </section>
  );
}

function RequestForm() {
  const form = useRef<HTMLFormElement>(null);
  const key = useRef<HTMLInputElement>(null);
  const value = useRef<HTMLTextAreaElement>(null);
  const etag = useRef<HTMLInputElement>(null);
  const details = useRef<HTMLDetailsElement>(null);
  const [hint, setHint] = useState(valueHint(''));
  const chosen = chosenKey.value;

  useEffect(() => {
    if (!chosen || !key.current) return;
    key.current.value = chosen.key;
    key.current.setCustomValidity('');
  }, [chosen]);

  const currentKey = () => chosenKey.peek()?.key ?? key.current?.value ?? '';
  const field = (name: string) => (form.current ? String(new FormData(form.current).get(name) ?? '') : '');

  /** Whether all can be sent. What is wrong is said at its field. */
  function isReady(asked: Asked): boolean {
    if (!form.current || !key.current || !value.current || !etag.current) return false;
    key.current.setCustomValidity(keyProblem(currentKey()));
    const isMissing = asked === 'put' && value.current.value === '';
    value.current.setCustomValidity(isMissing ? 'Type a value. For the empty string, type "".' : '');
    const needsTag = field('condition') === 'match' && (asked === 'put' || asked === 'delete');
    const isNoTag = needsTag && !TAG.test(etag.current.value);
    etag.current.setCustomValidity(isNoTag ? 'Paste the ETag of an answer, its quotes included.' : '');
    const hidden = details.current?.querySelectorAll<HTMLInputElement>('#ttl, #etag') ?? [];
    if (details.current && [...hidden].some((input) => !input.checkValidity())) details.current.open = true;
    return form.current.reportValidity();
  }

  function ask(asked: Asked): void {
    if (!isReady(asked)) return;
    const options = {
      ttl: field('ttl'),
      ifMatch: field('condition') === 'match' ? field('etag') : undefined,
      createOnly: field('condition') === 'create',
    };
    // From the leader, or from the other node.
    const source = () => (field('source') === 'follower' ? follower.value : lead.value.leader);
    const actions = {
      put: () => toLeader(operations.put(currentKey(), field('value'), options)),
      delete: () => toLeader(operations.delete(currentKey(), options)),
      get: () => toNode(operations.get(currentKey()), source),
      status: () => toNode(operations.status(currentKey()), source),
    };
    void run(actions[asked]());
  }

  return (
    <form
      ref={form}
      id="request"
      noValidate
      autocomplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        const { submitter } = event as SubmitEvent;
        ask(submitter instanceof HTMLButtonElement ? (submitter.value as Asked) : 'put');
      }}
    >
      <div class="field key-field">
        <label for="key">Key</label>
        <input
          ref={key}
          id="key"
          class="code"
          name="key"
          required
          spellcheck={false}
          autocapitalize="none"
          placeholder="foo"
          onInput={({ currentTarget }) => {
            chosenKey.value = undefined;
            currentTarget.setCustomValidity('');
          }}
        />
      </div>
      <div class="field value-field">
        <label for="value">Value</label>
        <span id="value-hint" class="hint">
          {hint}
        </span>
        <Conditions details={details} etag={etag} />
        <textarea
          ref={value}
          id="value"
          class="code"
          name="value"
          rows={1}
          spellcheck={false}
          autocapitalize="none"
          placeholder="hello"
          aria-describedby="value-hint"
          onInput={({ currentTarget }) => {
            currentTarget.setCustomValidity('');
            setHint(valueHint(currentTarget.value));
          }}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.current?.requestSubmit();
          }}
        />
      </div>
      <div class="field">
        <span id="written-to" class="hint">
          on {nameOf(lead.value.leader)}
        </span>
        <div class="buttons">
          <button type="submit" class="main" name="action" value="put">
            Put
          </button>
          <button type="submit" name="action" value="delete">
            Delete
          </button>
        </div>
      </div>
      <div class="field">
        <Source />
        <div class="buttons">
          <button type="submit" name="action" value="get">
            Get
          </button>
          <button type="submit" name="action" value="status">
            Status
          </button>
        </div>
      </div>
    </form>
  );
}

/** Which node is read from. */
function Source() {
  const named = (node: 'a' | 'b') => nameOf(node).replace('the ', '');
  return (
    <fieldset class="source">
      <legend class="hidden">Read from</legend>
      <label>
        <input type="radio" name="source" value="leader" defaultChecked />
        <span>{named(lead.value.leader)}</span>
      </label>
      <label>
        <input type="radio" name="source" value="follower" />
        <span>{named(follower.value)}</span>
      </label>
    </fieldset>
  );
}

/** Where no faults can be injected, `__fail__` is a value like any other. */
function Demonstration() {
  const isOffered = seen.value[follower.value].faults !== null;
  return (
    <div class="demonstration">
      <button
        type="button"
        class="small"
        hidden={!isOffered}
        title='The replica refuses the value "__fail__". Any other value heals the key.'
        onClick={demonstrateFailure}
      >
        <code>__fail__</code> demonstration
      </button>
      <button type="button" class="small" onClick={repairNow}>
        Repair now
      </button>
    </div>
  );
}
