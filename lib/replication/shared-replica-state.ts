// The replica state of a durable primary, shared by all its processes: each function of a deployed node has processes of
// its own, which come and go. It is kept in the store, beside the records, and changed only if nobody has changed it since it
// was read. What a process has learned meanwhile it then applies to what it has read, event by event.
import * as v from 'valibot';
import { IN_FLIGHT_MS } from '../limits.ts';
import type { NodeState } from '../store/store.ts';
import { changeNote } from './change-note.ts';
import { type ReplicaFacts, ReplicaState, SHARED, type Transition } from './replica-state.ts';
import type { CircuitState } from './shipping/circuit-breaker.ts';

const NAME = 'replica-state';

const OptionalNumber = v.exactOptional(v.number());
const SavedReplicaStateSchema = v.object({
  term: OptionalNumber,
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
  filledId: v.exactOptional(v.string()),
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
  return savedIn((await nodeState.note(NAME)).text).saved;
}

/**
 * Has all processes of a primary that begins to lead start with these facts.
 * @param term in which it will lead. Where another process has saved facts of that term, they stay
 */
export function saveFirstReplicaState(nodeState: NodeState, facts: ReplicaFacts, term: number): Promise<void> {
  return changeNote(nodeState, NAME, (text) =>
    savedIn(text).term < term ? textOf({ ...facts, circuit: 'closed' }, term) : undefined,
  );
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

/**
 * Starts from what was saved.
 * @param now time of day in milliseconds. A killed process has saved nothing of what it had under way. Its records become
 * due when their in-flight time ends, so they are looked for then: looking now would find nothing, and cost the first
 * write of every process some queries
 * @param term in which this process leads: nothing is learned or saved of it once its node leads in a later one
 */
export async function shareReplicaState(nodeState: NodeState, now: number, term: number): Promise<SharedReplicaState> {
  const { circuit: savedCircuit, ...atStart } = await savedReplicaState(nodeState);
  /** What has been learned here since it was last saved, oldest first: the store has not seen it yet. */
  const news: Transition[] = [];
  const replicaState = new ReplicaState({ ...atStart, retryAt: now + IN_FLIGHT_MS }, (event) => news.push(event));
  let savedNews = newsIn(atStart, savedCircuit);

  /** One after the other: what was read must not be taken for news once this process has saved its own. */
  let last: Promise<unknown> = Promise.resolve();
  function inTurn(act: () => Promise<void>): Promise<void> {
    const turn = last.then(act);
    last = turn.catch(() => {});
    return turn;
  }

  /** @returns whether this process leads still */
  function learn(text: string | undefined): boolean {
    const there = savedIn(text);
    if (there.term > term) return false;
    replicaState.learned(rebased(replicaState.facts, there.saved, news));
    savedNews = newsIn(there.saved, there.saved.circuit);
    return true;
  }

  async function save(circuit: CircuitState): Promise<void> {
    let saved: { readonly count: number; readonly news: string } | undefined;
    await changeNote(nodeState, NAME, (text) => {
      saved = undefined;
      if (!learn(text)) return undefined;
      const { facts } = replicaState;
      saved = { count: news.length, news: newsIn(facts, circuit) };
      return textOf({ ...facts, circuit }, term);
    });
    if (!saved) return;
    news.splice(0, saved.count);
    savedNews = saved.news;
  }

  return {
    replicaState,
    load: () => inTurn(async () => void learn((await nodeState.note(NAME)).text)),
    async save(circuit, isDue = false) {
      if (!isDue && savedNews === newsIn(replicaState.facts, circuit)) return;
      await inTurn(() => save(circuit));
    },
  };
}

/** What others have saved, after what this process has learned since. */
function rebased(here: ReplicaFacts, there: ReplicaFacts, news: readonly Transition[]): ReplicaFacts {
  const ofOthers = Object.entries(there).filter(([name]) => isShared(name));
  const own = Object.entries(here).filter(([name]) => !isShared(name));
  const { facts } = new ReplicaState(Object.fromEntries([...ofOthers, ...own]));
  for (const transition of news) transition(facts);
  const { inSyncSince } = facts;
  return { ...facts, ...(inSyncSince !== undefined && { inSyncSince: Math.max(inSyncSince, here.inSyncSince ?? 0) }) };
}

function isShared(name: string): boolean {
  return (SHARED as readonly string[]).includes(name);
}

function savedIn(text: string | undefined): { readonly saved: SavedReplicaState; readonly term: number } {
  const parsed = text === undefined ? {} : v.parse(SavedReplicaStateSchema, JSON.parse(text));
  const { circuit = 'closed', term = 0, ...facts } = parsed;
  return { saved: { ...new ReplicaState(facts).facts, circuit }, term };
}

function textOf(saved: SavedReplicaState, term: number): string {
  return JSON.stringify(v.parse(SavedReplicaStateSchema, { ...saved, term }));
}

/** What other processes must know at once, as one text that can be compared. */
function newsIn(facts: ReplicaFacts, circuit: CircuitState): string {
  const { contentsId, error, owesComparison, failedComparisons } = facts;
  return JSON.stringify([contentsId, error === undefined, owesComparison, failedComparisons, circuit]);
}
