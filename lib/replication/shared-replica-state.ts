// The replica state of a durable primary, shared by all its processes: each function of a deployed node has processes of
// its own, which come and go. It is kept in the store, beside the records, and changed only if nobody has changed it since it
// was read. What a process has learned meanwhile it then applies to what it has read, event by event.
import * as v from 'valibot';
import { inTurn } from '../in-turn.ts';
import { IN_FLIGHT_MS } from '../limits.ts';
import type { NodeState } from '../store/store.ts';
import { changeNote } from './change-note.ts';
import { type ReplicaFacts, ReplicaState, SHARED, type Transition } from './replica-state.ts';
import type { CircuitState } from './shipping/circuit-breaker.ts';

const NAME = 'replica-state';

const OptionalNumber = v.exactOptional(v.number());
const SavedReplicaStateSchema = v.object({
  term: OptionalNumber,
  isFirst: v.exactOptional(v.boolean()),
  lastContactAt: OptionalNumber,
  contentsId: v.exactOptional(v.string()),
  error: v.exactOptional(v.string()),
  owesComparison: v.exactOptional(v.boolean()),
  comparison: v.exactOptional(
    v.object({
      contentsId: v.string(),
      round: v.number(),
      from: v.number(),
      foundDifferences: v.boolean(),
      hasFailures: v.boolean(),
    }),
  ),
  round: OptionalNumber,
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

interface Saved {
  readonly state: SavedReplicaState;
  /** The term in which the node leads that knows this. */
  readonly term: number;
  /** No process has led in that term when this was saved. */
  readonly isFirst: boolean;
}

/** What was saved last; of a store in which nothing was saved, that nothing is known. */
export async function savedReplicaState(nodeState: NodeState): Promise<SavedReplicaState> {
  return savedIn((await nodeState.note(NAME)).text).state;
}

/**
 * Has all processes of a primary that begins to lead start with these facts.
 * @param term in which it will lead. What a process that leads in that term already has learned stays
 */
export async function saveFirstReplicaState(nodeState: NodeState, facts: ReplicaFacts, term: number): Promise<void> {
  const isSaved = await changeNote(nodeState, NAME, (text) => {
    const there = savedIn(text);
    const isLed = there.term > term || (there.term === term && !there.isFirst);
    return isLed ? undefined : textOf({ state: { ...facts, circuit: 'closed' }, term, isFirst: true });
  });
  if (!isSaved) throw new Error('Others save what they know of the replica again and again.');
}

/** The saved state and that of this process, kept alike: other processes save theirs in the same place. */
export interface SharedReplicaState {
  readonly replicaState: ReplicaState;
  /** Learns what other processes have saved: before a comparison, which may be owed or done by now. */
  load(): Promise<void>;
  /**
   * Saves at once when something has changed that others must know, and else only when it is due, since every write
   * would change the time of the last contact. What others did not let it save, having saved themselves each time, the
   * next call saves.
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
  /** What has changed the facts here since they were last saved, oldest first: the store has not seen it yet. */
  const unsaved: Transition[] = [];
  const replicaState = new ReplicaState({ ...atStart, retryAt: now + IN_FLIGHT_MS }, (event) => unsaved.push(event));
  let savedNews = newsIn(atStart, savedCircuit);

  /** One after the other: what was read must not be taken for news once this process has saved its own. */
  const storing = inTurn();

  /** @returns whether the node has not led in a later term */
  function learn(text: string | undefined): boolean {
    const { state, term: ofThere } = savedIn(text);
    if (ofThere > term) return false;
    replicaState.learned(rebased(replicaState.facts, state, unsaved));
    savedNews = newsIn(state, state.circuit);
    return true;
  }

  async function save(circuit: CircuitState, isDue: boolean): Promise<void> {
    let saving = { count: 0, news: savedNews };
    const isKept = await changeNote(nodeState, NAME, (text) => {
      const isOfPresentLead = learn(text);
      saving = { count: 0, news: savedNews };
      const { facts } = replicaState;
      const news = newsIn(facts, circuit);
      // Another process may have found the same, and saved it a moment ago.
      const isToSave = isDue || unsaved.length > 0 || news !== savedNews;
      if (!isOfPresentLead || !isToSave) return undefined;
      saving = { count: unsaved.length, news };
      return textOf({ state: { ...facts, circuit }, term });
    });
    if (!isKept) return;
    unsaved.splice(0, saving.count);
    savedNews = saving.news;
  }

  return {
    replicaState,
    load: () => storing(async () => void learn((await nodeState.note(NAME)).text)),
    async save(circuit, isDue = false) {
      if (!isDue && savedNews === newsIn(replicaState.facts, circuit)) return;
      await storing(() => save(circuit, isDue));
    },
  };
}

/**
 * What others have saved, after what this process has learned since.
 * @param unsaved what has changed shared facts here. Of an event that did not, the store knows already
 */
function rebased(here: ReplicaFacts, there: ReplicaFacts, unsaved: readonly Transition[]): ReplicaFacts {
  const ofOthers = Object.entries(there).filter(([name]) => isShared(name));
  const own = Object.entries(here).filter(([name]) => !isShared(name));
  const { facts } = new ReplicaState(Object.fromEntries([...ofOthers, ...own]));
  for (const transition of unsaved) transition(facts);
  // Each write that follows a failure makes it later, which is no transition: the latest counts.
  const { inSyncSince } = facts;
  return { ...facts, ...(inSyncSince !== undefined && { inSyncSince: Math.max(inSyncSince, here.inSyncSince ?? 0) }) };
}

function isShared(name: string): boolean {
  return (SHARED as readonly string[]).includes(name);
}

function savedIn(text: string | undefined): Saved {
  const parsed = text === undefined ? {} : v.parse(SavedReplicaStateSchema, JSON.parse(text));
  const { circuit = 'closed', term = 0, isFirst = false, ...facts } = parsed;
  return { state: { ...new ReplicaState(facts).facts, circuit }, term, isFirst };
}

function textOf({ state, ...about }: Pick<Saved, 'state' | 'term'> & { readonly isFirst?: true }): string {
  return JSON.stringify(v.parse(SavedReplicaStateSchema, { ...state, ...about }));
}

/** What other processes must know at once, as one text that can be compared. */
function newsIn(facts: ReplicaFacts, circuit: CircuitState): string {
  const { contentsId, error, owesComparison, round } = facts;
  return JSON.stringify([contentsId, error === undefined, owesComparison, round, circuit]);
}
