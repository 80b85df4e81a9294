// What a primary knows of its replica. Shipping and repair say what has happened, each event by a method of its own; the
// status and the next write read the result. docs/protocol.md draws the states ("What a primary knows of its replica").
import type { PeerError } from '../peer/peer.ts';
import { ACKNOWLEDGED } from '../store/replication-state.ts';
import type { Replication, ReplicationStatus } from '../store/store.ts';

/** What is known, as plain data. */
export interface ReplicaFacts {
  /** When the replica last answered, in milliseconds. */
  readonly lastContactAt?: number;
  /** The contents id that it answered with. */
  readonly contentsId?: string;
  /** Why the last request failed. Absent: it did not. */
  readonly error?: string;
  /** A whole request has failed, or was not tried, since the backlog was last shipped. */
  readonly owesBacklog: boolean;
  /** The nodes may differ in what was once acknowledged. */
  readonly owesComparison: boolean;
  /** The comparison that stopped before it got through: the next one goes on there. Absent: it starts from the beginning. */
  readonly comparison?: Comparison;
  /** Counts the other contents that were met, and the comparisons that got through: a comparison belongs to one round. */
  readonly round: number;
  /** When a comparison last got through, in milliseconds. */
  readonly comparedAt?: number;
  /** How many comparisons in a row got through and left something differing. Absent: none did. */
  readonly failedComparisons?: number;
  /** Until this elapsed time, in milliseconds, no write starts a comparison: the last one that did has failed. */
  readonly compareAgainAt: number;
  /** When the first of the single records that failed is due again, in milliseconds; Infinity when none is. */
  readonly retryAt: number;
  /** The replica has other contents than before, and no comparison has got through since: it may lack anything. */
  readonly isRefilling: boolean;
  /** The contents that were last told that they hold all that this primary does: they never lack anything again. */
  readonly filledId?: string;
  /** This primary has asked no replica what it holds: it may lack anything that a replica has. */
  readonly hasStartedAlone: boolean;
  /** Since when the nodes are equal, as far as is known. Absent: they have not been compared. */
  readonly inSyncSince?: number;
  /** Something has failed since the backlog was last found empty. */
  readonly hasFailed: boolean;
}

/** Which contents the replica has, and whether they may lack anything. */
export interface ReplicaSeen {
  readonly contentsId: string;
  readonly isRefilling: boolean;
}

/** The facts about the contents that the replica has: all processes of a primary must agree on them. */
export const SHARED = [
  'contentsId',
  'owesComparison',
  'comparison',
  'round',
  'comparedAt',
  'failedComparisons',
  'isRefilling',
  'filledId',
  'hasStartedAlone',
  'inSyncSince',
] as const satisfies readonly (keyof ReplicaFacts)[];

/** How far a comparison of all groups has come. It may take several repairs. */
export interface Comparison {
  /** The contents that are compared with. */
  readonly contentsId: string;
  /** The round that it belongs to: in a later one it counts no more. */
  readonly round: number;
  /** The group of buckets to go on at; those before it have been compared. */
  readonly from: number;
  /** Whether any key differed. */
  readonly foundDifferences: boolean;
  /** Whether any of these could not be brought over. */
  readonly hasFailures: boolean;
}

const NOTHING_KNOWN: ReplicaFacts = {
  owesBacklog: false,
  owesComparison: true,
  round: 0,
  isRefilling: false,
  hasStartedAlone: false,
  compareAgainAt: 0,
  retryAt: Number.POSITIVE_INFINITY,
  hasFailed: false,
};

/** The pause after a comparison that left something differing, in milliseconds. It doubles with each further one. */
const PAUSE_MS = 60_000;
/** Repairs come once a minute, and a comparison ends some time after its repair began. */
const SLACK_MS = 30_000;

/** Whether a comparison is owed, and is not to wait because the ones before it could not bring something over. */
export function isComparisonDue(
  { owesComparison, comparison, comparedAt = 0, failedComparisons = 0 }: ReplicaFacts,
  now: number,
): boolean {
  if (!owesComparison || comparison !== undefined || failedComparisons === 0) return owesComparison;
  const dueAt = comparedAt + PAUSE_MS * 2 ** (failedComparisons - 1) - SLACK_MS;
  // A comparison in the future was made by a process whose clock was ahead.
  return now >= dueAt || comparedAt > now;
}

/**
 * The status of a record's copy on the replica as it is now: an acknowledgement of contents that are gone counts no more.
 * @param replication absent: the record came from the other node, when that was the primary
 */
export function statusNow(
  replication: Replication | undefined,
  { isRefilling, contentsId }: ReplicaFacts,
): ReplicationStatus {
  const { status, attempts } = replication ?? ACKNOWLEDGED;
  if (status !== 'replicated' || !isRefilling) return status;
  const by = attempts.at(-1)?.by;
  return by !== undefined && by === contentsId ? 'replicated' : 'pending';
}

type ChangingFacts = { -readonly [Fact in keyof ReplicaFacts]: ReplicaFacts[Fact] };
/** What an event changes. It may be applied once more, to the facts that another process has found meanwhile. */
export type Transition = (facts: ChangingFacts) => unknown;

export class ReplicaState {
  #facts: ChangingFacts;
  readonly #onNews: (transition: Transition) => void;
  #observer: ((replica: ReplicaSeen) => void) | undefined;
  #seen: ReplicaSeen | undefined;

  /**
   * @param known at the start; what is absent is not known
   * @param onNews called with each transition that has changed what other processes must know
   */
  constructor(known: Partial<ReplicaFacts> = {}, onNews: (transition: Transition) => void = () => {}) {
    this.#facts = { ...NOTHING_KNOWN, ...known };
    this.#onNews = onNews;
  }

  /**
   * The state of a primary that has just taken over all that its replica holds.
   * @param isInSync whether the replica holds all that this primary does, too
   */
  static recoveredFrom(contentsId: string, at: number, isInSync = true): ReplicaState {
    const known = { contentsId, lastContactAt: at };
    return new ReplicaState(isInSync ? { ...known, inSyncSince: at, owesComparison: false } : known);
  }

  /**
   * The state of a replica that leads from now on: nothing is known of what the former primary holds now.
   * @param holdsAll whether this node had all that the primary had
   */
  static ofNewPrimary(holdsAll: boolean): ReplicaState {
    return new ReplicaState({ isRefilling: true, hasStartedAlone: !holdsAll });
  }

  get facts(): ReplicaFacts {
    return this.#facts;
  }

  /** @param observer called when the replica is met, has other contents, or begins or ends to be refilled; and at first */
  observe(observer: (replica: ReplicaSeen) => void): void {
    this.#observer = observer;
    this.#look();
  }

  /**
   * The contents that a message was for have answered it.
   * @returns whether they are the present ones; what others acknowledge counts no more
   */
  answered(contentsId: string, now: number): boolean {
    if (contentsId !== this.#facts.contentsId) return false;
    delete this.#facts.error;
    this.#facts.lastContactAt = now;
    return true;
  }

  /**
   * The replica has said which contents it has. Another id than before means that it lost what it held.
   * @param saysRefilling it says that it may lack anything. What it said before it was filled may arrive afterwards
   */
  met(contentsId: string, now: number, saysRefilling = false): void {
    this.#facts.lastContactAt = now;
    this.#change((facts) => {
      const isRefilling = saysRefilling && facts.filledId !== contentsId;
      const isOther = facts.contentsId !== undefined && facts.contentsId !== contentsId;
      if (isOther) {
        // Whatever a comparison of the former contents has met says nothing of these.
        facts.round++;
        delete facts.comparison;
        delete facts.failedComparisons;
        facts.compareAgainAt = 0;
      }
      if (isOther || isRefilling) {
        facts.owesComparison = true;
        facts.isRefilling = true;
        delete facts.inSyncSince;
      }
      facts.contentsId = contentsId;
    });
  }

  /** A whole request has failed. */
  requestFailed({ message }: PeerError): void {
    this.#facts.error = message;
    this.#facts.owesBacklog = true;
    this.#facts.hasFailed = true;
  }

  /**
   * A record has been acknowledged. After a failure, of this record or any other, the nodes are in sync since now at the
   * earliest: others may be in the backlog still.
   */
  recordAcknowledged(hadFailed: boolean, now: number): void {
    const facts = this.#facts;
    if ((hadFailed || facts.hasFailed) && facts.inSyncSince !== undefined) facts.inSyncSince = now;
  }

  /** A single record has failed. @param dueAt when it is tried again, in milliseconds */
  recordFailed(dueAt: number): void {
    this.recordDue(dueAt);
    this.#facts.hasFailed = true;
  }

  /** A record that failed before is to be tried again. @param dueAt when, in milliseconds */
  recordDue(dueAt: number): void {
    this.#facts.retryAt = Math.min(this.#facts.retryAt, dueAt);
  }

  /** A record was not sent, since the replica keeps failing. */
  recordNotTried(): void {
    this.#facts.owesBacklog = true;
    this.#facts.hasFailed = true;
  }

  /** There may be records that nobody ships: a function that had them under way could not finish. */
  requireBacklog(): void {
    this.#facts.owesBacklog = true;
  }

  /** The backlog is about to be shipped. */
  backlogStarted(): void {
    this.#facts.owesBacklog = false;
    this.#facts.retryAt = Number.POSITIVE_INFINITY;
  }

  /** No record is left in the backlog. */
  backlogEmpty(): void {
    this.#facts.hasFailed = false;
  }

  /** A comparison is to be made, and is owed until one has got through. */
  comparisonOwed(): void {
    const { round } = this.#facts;
    this.#change((facts) => {
      // In a later round it has been made meanwhile, or is owed for another reason.
      if (facts.round === round) facts.owesComparison = true;
    });
  }

  /** A comparison starts with these contents, or goes on where the last one with them stopped. @returns where */
  comparisonStarted(contentsId: string): Comparison {
    const { comparison, round } = this.#facts;
    const isSame = comparison?.contentsId === contentsId && comparison.round === round;
    const started = isSame ? comparison : { contentsId, round, from: 0, foundDifferences: false, hasFailures: false };
    this.#change((facts) => {
      // In a later round it has been made meanwhile, or is one of what has changed since.
      if (facts.round !== round) return;
      facts.owesComparison = true;
      facts.comparison = started;
    });
    return started;
  }

  /**
   * A comparison has come so far.
   * @returns whether it still counts: other contents begin another one
   */
  comparedUpTo(comparison: Comparison): boolean {
    return this.#change((facts) => comparedUpTo(facts, comparison));
  }

  /**
   * A comparison has got through, and the replica knows it. It stays owed where it left something differing, or counts no
   * more.
   * @returns whether it counts
   */
  comparisonEnded(comparison: Comparison, now: number): boolean {
    return this.#change((facts) => {
      if (!comparedUpTo(facts, comparison)) {
        facts.owesComparison ||= comparison.hasFailures;
        return false;
      }
      delete facts.comparison;
      facts.round++;
      facts.owesComparison = comparison.hasFailures;
      facts.comparedAt = now;
      facts.isRefilling = false;
      facts.filledId = comparison.contentsId;
      facts.hasStartedAlone = false;
      if (comparison.hasFailures) facts.failedComparisons = (facts.failedComparisons ?? 0) + 1;
      else delete facts.failedComparisons;
      if (comparison.hasFailures) delete facts.inSyncSince;
      else if (comparison.foundDifferences) facts.inSyncSince = now;
      else facts.inSyncSince ??= now;
      return true;
    });
  }

  /** An operator takes what only the replica may hold for lost. */
  absenceTakenForTrue(): void {
    this.#change((facts) => {
      // Of contents that are not known nobody can say so: once they are, they are compared first.
      if (facts.contentsId !== undefined) facts.hasStartedAlone = false;
    });
  }

  /** A comparison that a write had started did not get through. @param until elapsed time, in milliseconds */
  comparisonPostponed(until: number): void {
    this.#facts.compareAgainAt = until;
  }

  /** Another process of this primary has learned something: its facts take the place of these. */
  learned(facts: ReplicaFacts): void {
    this.#facts = { ...facts };
    this.#look();
  }

  #look(): void {
    const { contentsId, isRefilling } = this.#facts;
    if (!this.#observer || contentsId === undefined) return;
    if (contentsId === this.#seen?.contentsId && isRefilling === this.#seen.isRefilling) return;
    this.#seen = { contentsId, isRefilling };
    this.#observer(this.#seen);
  }

  #change<Result>(transition: (facts: ChangingFacts) => Result): Result {
    const before = { ...this.#facts };
    const result = transition(this.#facts);
    if (SHARED.some((name) => this.#facts[name] !== before[name])) this.#onNews(transition);
    this.#look();
    return result;
  }
}

/** @returns whether it still counts */
function comparedUpTo(facts: ChangingFacts, comparison: Comparison): boolean {
  const { contentsId, comparison: current } = facts;
  if (contentsId !== comparison.contentsId || current?.contentsId !== contentsId) return false;
  if (current.round !== comparison.round) return false;
  facts.comparison = comparison;
  return true;
}
