// The replica state of a durable primary, shared by all its processes: each function of a deployed node has processes of
// its own, which come and go. It is kept in the store, beside the records.
import * as v from 'valibot';
import { IN_FLIGHT_MS } from '../limits.ts';
import type { NodeState } from '../store/store.ts';
import { type ReplicaFacts, ReplicaState } from './replica-state.ts';
import type { CircuitState } from './shipping/circuit-breaker.ts';

const OptionalNumber = v.exactOptional(v.number());
const SavedReplicaStateSchema = v.object({
  lastContactAt: OptionalNumber,
  contentsId: v.exactOptional(v.string()),
  error: v.exactOptional(v.string()),
  owesComparison: v.exactOptional(v.boolean()),
  comparison: v.exactOptional(
    v.object({ contentsId: v.string(), from: v.number(), foundDifferences: v.boolean(), hasFailures: v.boolean() }),
  ),
  comparedAt: OptionalNumber,
  failedComparisons: OptionalNumber,
  isRefilling: v.exactOptional(v.boolean()),
  hasStartedAlone: v.exactOptional(v.boolean()),
  inSyncSince: OptionalNumber,
  hasFailed: v.exactOptional(v.boolean()),
  circuit: v.exactOptional(v.picklist(['closed', 'open', 'half_open'])),
});

/** What the store holds. */
export interface SavedReplicaState extends ReplicaFacts {
  readonly circuit: CircuitState;
}

/** What was saved last; of a store in which nothing was saved, that nothing is known. */
export async function savedReplicaState(nodeState: NodeState): Promise<SavedReplicaState> {
  const text = await nodeState.peerState();
  const { circuit = 'closed', ...facts } = text === undefined ? {} : v.parse(SavedReplicaStateSchema, JSON.parse(text));
  return { ...new ReplicaState(facts).facts, circuit };
}

/** Has all processes of a primary that begins to lead start with these facts. */
export function saveReplicaState(nodeState: NodeState, facts: ReplicaFacts): Promise<void> {
  return nodeState.setPeerState(textOf(facts, 'closed'));
}

function textOf(facts: ReplicaFacts, circuit: CircuitState): string {
  return JSON.stringify(v.parse(SavedReplicaStateSchema, { ...facts, circuit }));
}

/** The saved state and that of this process, kept alike: other processes save theirs in the same place. */
export interface SharedReplicaState {
  readonly replicaState: ReplicaState;
  /** Learns what other processes have saved: before a comparison, which may be owed or done by now. */
  load(): Promise<void>;
  /**
   * Saves at once when something has changed that others must know, and else only when it is due, since every write
   * would change the time of the last contact.
   */
  save(circuit: CircuitState, isDue?: boolean): Promise<void>;
}

/** Facts about comparisons. A process that sees no reason for one must not hide that another process has. */
const SHARED = [
  'contentsId',
  'owesComparison',
  'comparison',
  'comparedAt',
  'failedComparisons',
  'isRefilling',
  'hasStartedAlone',
  'inSyncSince',
] as const;
type SharedFacts = Partial<Pick<ReplicaFacts, (typeof SHARED)[number]>>;

/**
 * Starts from what was saved.
 * @param now time of day in milliseconds. A killed process has saved nothing of what it had under way. Its records become
 * due when their in-flight time ends, so they are looked for then: looking now would find nothing, and cost the first
 * write of every process some queries
 */
export async function shareReplicaState(nodeState: NodeState, now: number): Promise<SharedReplicaState> {
  const { circuit: savedCircuit, ...atStart } = await savedReplicaState(nodeState);
  const replicaState = new ReplicaState({ ...atStart, retryAt: now + IN_FLIGHT_MS });
  let savedNews = newsIn(atStart, savedCircuit);
  /** The facts as they were in the store when that was last read or written. */
  let before = sharedFacts(atStart);

  /** One after the other: what was read must not be taken for news once this process has saved its own. */
  let last: Promise<unknown> = Promise.resolve();
  function inTurn(act: () => Promise<void>): Promise<void> {
    const turn = last.then(act);
    last = turn.catch(() => {});
    return turn;
  }

  async function load(): Promise<void> {
    const there = await savedReplicaState(nodeState);
    replicaState.learned(mergedFacts(replicaState.facts, before, there));
    before = sharedFacts(there);
    savedNews = newsIn(there, there.circuit);
  }

  async function save(circuit: CircuitState): Promise<void> {
    await load();
    const { facts } = replicaState;
    const [written, news] = [sharedFacts(facts), newsIn(facts, circuit)];
    await nodeState.setPeerState(textOf(facts, circuit));
    before = written;
    savedNews = news;
  }

  return {
    replicaState,
    load: () => inTurn(load),
    async save(circuit, isDue = false) {
      if (!isDue && savedNews === newsIn(replicaState.facts, circuit)) return;
      await inTurn(() => save(circuit));
    },
  };
}

function sharedFacts(facts: ReplicaFacts): SharedFacts {
  return Object.fromEntries(SHARED.map((name) => [name, facts[name]]));
}

/** Takes over what others have saved, except for facts that have changed here since `before`. */
function mergedFacts(here: ReplicaFacts, before: SharedFacts, there: ReplicaFacts): ReplicaFacts {
  // As text: one of them is an object, always written in the same order.
  const unchanged = SHARED.filter((name) => JSON.stringify(here[name]) === JSON.stringify(before[name]));
  const facts: { -readonly [Fact in keyof ReplicaFacts]: ReplicaFacts[Fact] } = { ...here };
  for (const name of unchanged) delete (facts as SharedFacts)[name];
  Object.assign(facts, Object.fromEntries(unchanged.flatMap((name) => (name in there ? [[name, there[name]]] : []))));
  // Both sides have news, and theirs is of other contents than ours.
  const isOther = there.contentsId !== before.contentsId && there.contentsId !== here.contentsId;
  if (isOther && unchanged.length < SHARED.length) {
    facts.owesComparison = true;
    delete facts.comparison;
  }
  return facts;
}

/** What other processes must know at once, as one text that can be compared. */
function newsIn(facts: ReplicaFacts, circuit: CircuitState): string {
  const { contentsId, error, owesComparison, failedComparisons } = facts;
  return JSON.stringify([contentsId, error === undefined, owesComparison, failedComparisons, circuit]);
}
