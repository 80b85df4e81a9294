// “Break it on purpose”: a switch per node and kind of fault. What is on is what the node said last.
import { useRef } from 'preact/hooks';
import type { FaultKind } from '../../lib/fault-kind.ts';
import type { Role } from '../../lib/role.ts';
import type { ConsoleNode } from '../nodes/addresses.ts';
import { describeFault, EFFECTS, type Fault, type FaultsTold, KINDS, type ToldFault } from '../nodes/faults.ts';
import { NODES, nameOf, roleOf, seen } from '../state/nodes.ts';
import { clearAll, problem, switchOff, switchOn, takeAway } from './switching.ts';

const TITLES: Readonly<Record<Role, string>> = {
  primary: '(primary), in what it sends',
  replica: '(replica), in what arrives',
};

export function FaultDrawer() {
  const form = useRef<HTMLFormElement>(null);
  /** What the form says; `undefined` if that cannot be sent, which is then said at its field. */
  const faultOf = (kind: FaultKind) => (form.current?.reportValidity() ? faultIn(form.current, kind) : undefined);
  return (
    <>
      <form ref={form} id="fault" autocomplete="off" onSubmit={(event) => event.preventDefault()}>
        <label>
          Key prefix
          <input class="code" name="keyPrefix" spellcheck={false} autocapitalize="none" placeholder="any key" />
        </label>
        <label>
          Probability
          <input type="number" name="probability" min="0" max="1" step="any" defaultValue="1" required />
        </label>
        <label>
          Count
          <input type="number" name="count" min="1" max="1000000" placeholder="no limit" />
        </label>
        <label>
          Delay (ms)
          <input type="number" name="delayMs" min="0" max="60000" defaultValue="500" required />
        </label>
        <label>
          Time to live (s)
          <input type="number" name="ttl" min="1" max="3600" defaultValue="60" required />
        </label>
        <button type="button" onClick={clearAll}>
          Clear all
        </button>
      </form>
      <p class="notice" role="status" hidden={problem.value === ''}>
        {problem}
      </p>
      <div class="fault-nodes">
        {NODES.map((node) => {
          const { faults, isAnswering } = seen.value[node.id];
          if (!faults) return null;
          return <FaultsOfNode key={node.id} node={node} told={faults} isAnswering={isAnswering} faultOf={faultOf} />;
        })}
      </div>
    </>
  );
}

function faultIn(form: HTMLFormElement, kind: FaultKind): Fault {
  const given = new FormData(form);
  const numberIn = (name: string) => Number(given.get(name));
  return {
    kind,
    keyPrefix: String(given.get('keyPrefix')),
    probability: numberIn('probability'),
    count: given.get('count') === '' ? null : numberIn('count'),
    delayMs: kind === 'delay' ? numberIn('delayMs') : 0,
    ttl: numberIn('ttl'),
  };
}

interface FaultsOfNodeProps {
  readonly node: ConsoleNode;
  readonly told: FaultsTold;
  readonly isAnswering: boolean;
  faultOf(kind: FaultKind): Fault | undefined;
}

function FaultsOfNode({ node, told, isAnswering, faultOf }: FaultsOfNodeProps) {
  const titleId = `${node.id}-faults`;
  return (
    <section aria-labelledby={titleId}>
      <h3 id={titleId}>
        Node {node.name} {TITLES[roleOf(node.id)]}
      </h3>
      {!isAnswering && <p class="notice">It does not answer now. This is what it said last.</p>}
      {KINDS.map((kind) => (
        <FaultSwitch
          key={kind}
          node={node}
          kind={kind}
          on={told.faults.filter((fault) => fault.kind === kind)}
          faultOf={faultOf}
        />
      ))}
      {/* Only a replica looks at values. */}
      {told.always.map(({ kind, value }) => (
        <p key={kind} class="hint">
          Always on: <code>{kind}</code> for the value <code>{JSON.stringify(value)}</code>.
        </p>
      ))}
    </section>
  );
}

interface FaultSwitchProps extends Pick<FaultsOfNodeProps, 'node' | 'faultOf'> {
  readonly kind: FaultKind;
  readonly on: readonly ToldFault[];
}

function FaultSwitch({ node, kind, on, faultOf }: FaultSwitchProps) {
  const describedBy = `${node.id}-${kind}`;
  const now = Date.now();
  const toggle = () => {
    if (on.length > 0) return void switchOff(node, kind, on);
    const fault = faultOf(kind);
    if (fault) void switchOn(node, fault);
  };
  return (
    <div class="fault">
      <button
        type="button"
        role="switch"
        aria-checked={on.length > 0}
        aria-label={`${kind} on ${nameOf(node.id)}`}
        aria-describedby={describedBy}
        onClick={toggle}
      >
        <span class="code">{kind}</span>
      </button>
      <div id={describedBy} class="hint">
        {EFFECTS[roleOf(node.id)][kind]}{' '}
        {on.map((fault) => (
          <b key={fault.id ?? describeFault(fault, now)}>
            {describeFault(fault, now)}
            {fault.id !== undefined && on.length > 1 && (
              <>
                {' '}
                <button type="button" class="link-like" onClick={() => takeAway(node, fault.id ?? '')}>
                  Take away
                </button>
              </>
            )}
          </b>
        ))}
      </div>
    </div>
  );
}
