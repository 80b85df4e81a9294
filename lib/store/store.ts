// The Store interface: what replication needs of a storage engine. Every operation is one conditional update of one key,
// or one page of a query: as natural on DynamoDB as in memory. tests/contract/store.ts is its specification.
import type { TandemError } from '../errors.ts';
import type { RememberedWrite, Stamp, StoredRecord } from '../record.ts';
import type { Role } from '../role.ts';

export type ReplicationStatus = 'pending' | 'replicated' | 'replication_failed';
export type ApplyOutcome = 'applied' | 'same' | 'superseded';

/** One attempt to bring a record's present version to the replica. */
export interface Attempt {
  /** When it began, in milliseconds. */
  readonly at: number;
  readonly outcome: ApplyOutcome | 'failed';
  /** Why it failed, in words. */
  readonly error?: string;
  readonly durationMs: number;
  /** The contents id of the replica that acknowledged it. */
  readonly by?: string;
}

/** What the primary knows of a record's copy. */
export interface Replication {
  readonly status: ReplicationStatus;
  readonly replicatedAt?: number;
  /** From this time on (milliseconds) a repair ships the record again. */
  readonly nextAttemptAt?: number;
  /** The last ten for the present version, oldest first. */
  readonly attempts: readonly Attempt[];
  /** How many there were before these. Absent: none. */
  readonly earlierAttempts?: number;
}

export interface Entry {
  readonly record: StoredRecord;
  /** Absent: the record was taken in from the other node, when that was the primary. */
  readonly replication?: Replication;
}

/** An entry without its value, unless that was asked for. */
export interface EntryHead extends Stamp {
  readonly key: string;
  /** JSON text. Absent where values were not asked for. */
  readonly value?: string;
  readonly updatedAt: number;
  /** When the record dies, by deletion or expiry, in milliseconds. Absent: it lives until it is written again. */
  readonly deadAt?: number;
  /** Absent where the entry has no state of a copy. */
  readonly status?: ReplicationStatus;
}

/** What must be true of the live record for a write to happen. `'*'` is any live record. */
export interface Condition {
  readonly ifMatch?: '*' | readonly Stamp[];
  readonly ifNoneMatch?: '*' | readonly Stamp[];
}

/** What a write leaves of a key. */
export interface Contents {
  /** JSON text. */
  readonly value: string;
  /** In milliseconds. Absent: it does not expire. */
  readonly expiresAt?: number;
}

/**
 * Makes the contents of a key of what is live there: `undefined`, if nothing is. It depends on nothing else, and may be called
 * more than once for a write.
 * @returns why that cannot be
 */
export type Derive = (live: StoredRecord | undefined) => Contents | TandemError;

export interface Change {
  readonly key: string;
  /** Absent: delete, which needs a live record. */
  readonly contents?: Contents | Derive;
  /** Names this write of the key, among all of it: one that has been done is not done again. */
  readonly idempotencyKey?: string;
  readonly epoch: number;
  /** Time of the write, in milliseconds. The record's `updatedAt` is never before that of the record it replaces. */
  readonly now: number;
  /** Until this time, in milliseconds, the writer itself ships the record; from then on a repair does. */
  readonly inFlightUntil: number;
  readonly condition?: Condition;
}

export type WriteResult =
  | {
      readonly outcome: 'written';
      readonly entry: Entry;
      readonly created: boolean;
      /** It had seen a write that was listed as divergent, and that is owed to the other node, too. Absent: it had not. */
      readonly hasDismissed?: true;
    }
  /** It was done before, under its Idempotency-Key. `entry` is what is stored. Nothing has changed. */
  | { readonly outcome: 'repeated'; readonly entry: Entry; readonly write: RememberedWrite }
  /**
   * The condition did not hold, or there was nothing to delete, or the contents could not be derived: then `because` says why.
   * `current` is what is stored, if anything.
   */
  | { readonly outcome: 'refused'; readonly current?: Entry; readonly because?: TandemError }
  /** The key was written, or in memory another epoch was seen, that is later than the writer's. Nothing has changed. */
  | { readonly outcome: 'outdated'; readonly epoch: number };

export interface Page {
  readonly entries: readonly Entry[];
  /** Where the next page starts. Absent: this was the last one. */
  readonly cursor?: string;
}

export interface HeadPage {
  readonly heads: readonly EntryHead[];
  /** Where the next page starts. Absent: this was the last one. */
  readonly cursor?: string;
}

export interface ListQuery {
  readonly prefix: string;
  /** The last key of the page before, or any other place. */
  readonly cursor?: string;
  readonly limit: number;
  /** In milliseconds. */
  readonly now: number;
  /** Each head has its value; a page then also ends where it has no more room, see page-room.ts. */
  readonly values?: boolean;
  /** From the last key down. */
  readonly reverse?: boolean;
}

/** What a key has become. */
export interface ChangedKey extends Stamp {
  readonly key: string;
  readonly updatedAt: number;
  /** In milliseconds. */
  readonly expiresAt?: number;
  readonly isDeletion: boolean;
  /** JSON text. Absent where values were not asked for, and of a deletion. */
  readonly value?: string;
}

export interface FeedPage {
  /** Oldest first. */
  readonly changes: readonly ChangedKey[];
  /** The place after the last record that was looked at: the next page goes on there. */
  readonly next: number;
  /** There was nothing after it. */
  readonly isLast: boolean;
}

/**
 * The keys of clients in the order in which this store took in what they are now: each is in it once. A place is a whole number,
 * which grows with each change.
 */
export interface Feed {
  /** The place of the last change; 0: there was none. */
  readonly last: number;
  /** The place of the last record that was forgotten; 0: none was. A reader that has begun earlier may have missed it. */
  readonly forgotten: number;
  /** @param place changes at or before it are left out */
  after(place: number, query: { prefix: string; limit: number; values: boolean }): Promise<FeedPage>;
}

export interface Count {
  readonly count: number;
  /** Counting ended at a limit of the engine: there are more. */
  readonly isAtLeast: boolean;
}

/** The highest epoch that a store has seen. */
export interface EpochSeen {
  /** In milliseconds; 0: none has been seen. */
  readonly epoch: number;
  /** The contents id of the primary that began it. Absent: not known. */
  readonly by?: string;
}

/** The role that a node has, and what a switchover has decided of it. */
export interface RoleState {
  readonly role: Role;
  /** Counts how often the role has changed. */
  readonly term: number;
  /** A switchover that is under way: until its end time, in milliseconds, the primary takes no writes. */
  readonly switching?: { readonly id: string; readonly until: number };
  /** A switchover that is done: this node was the primary, and gave the lead to these contents, in this epoch. */
  readonly grant?: { readonly to: string; readonly epoch: number };
  /** Another node gave this one the lead, in this epoch: that counts only if it begins it before it hears of a later one. */
  readonly given?: number;
}

/** A role state as a store keeps it. */
export interface KeptRoleState {
  /** Counts the changes; 0: nothing has been kept yet. */
  readonly revision: number;
  /** Absent: nothing has been kept yet. */
  readonly state?: RoleState;
}

/** What a durable node keeps of the other one: what it knows of it while it leads, and when it last heard from it while not. */
export type NoteName = 'replica-state' | 'last-contact';

/** A short text that a durable node keeps, for all its processes. */
export interface KeptNote {
  /** Counts the changes; 0: this version of Tandem has kept nothing yet. */
  readonly revision: number;
  /** Absent: nothing has been kept yet. */
  readonly text?: string;
}

/** Which dead records may be forgotten. */
export interface Forgettable {
  /** They died before this time, in milliseconds. */
  readonly before: number;
  /** They are of an earlier epoch than this one, in milliseconds. */
  readonly epoch: number;
  /** And they are dead at this time of the node itself, in milliseconds. */
  readonly now: number;
}

/** What a store whose contents outlive a process keeps beside the records, for all processes of its node. */
export interface NodeState {
  /** The epoch that this store's own primary began last, if it has begun one, and the highest that it has seen. */
  epochs(): Promise<{ readonly own?: number; readonly highest: number; readonly by?: string }>;
  /**
   * Begins an epoch of this store's own primary, unless the store has seen one as high by now.
   * @param after begin it only if the highest that the store has seen is still this one, so that of several processes which
   * find that it is time one begins it, and the others find that it was begun
   */
  claimEpoch(epoch: number, after?: number): Promise<void>;
  /** What was last kept under this name. */
  note(name: NoteName): Promise<KeptNote>;
  /** Keeps another text, unless it has been changed since `revision`. @returns whether it was kept */
  keepNote(name: NoteName, text: string, revision: number): Promise<boolean>;
  /**
   * Takes the repair lock until `until`, unless another owner has it: times in milliseconds. A lock whose end is over at
   * `now` is free, and so is one that ends more than twice as far ahead as this one, which a wrong clock has set.
   * @returns whether this owner has it now
   */
  takeRepairLock(owner: string, now: number, until: number): Promise<boolean>;
  /** Makes the lock of this owner end at `until`. @returns `false` when another owner has taken it since */
  renewRepairLock(owner: string, until: number): Promise<boolean>;
  /** Gives the lock back, if this owner has it. */
  releaseRepairLock(owner: string): Promise<void>;
}

/**
 * All methods throw TandemError `store_unavailable` when the engine does not answer, or too late: a write may have
 * been done nevertheless, once.
 */
export interface Store {
  readonly kind: string;
  /** Absent: the contents end with the process. */
  readonly nodeState?: NodeState;
  /** The contents id: it names what this store holds. A store that lost its contents has another id. */
  readonly id: string;
  /** The highest epoch this store has seen. Kept as long as the contents are. */
  highestEpoch(): Promise<EpochSeen>;
  /**
   * Raises the highest epoch to `epoch` if that is higher. Resolves to the highest.
   * @param by the contents id of the primary that began it, where that is known
   * @param after raise it only if the highest is not above this one; in memory only
   */
  raiseEpoch(epoch: number, by?: string, after?: number): Promise<EpochSeen>;
  /** Whether these contents have once held all that the pair held: a comparison with the primary has got through. */
  isComplete(): Promise<boolean>;
  /** Notes that one has, for good. */
  completed(): Promise<void>;

  /** The role that this node has, as it was last decided. */
  roleState(): Promise<KeptRoleState>;
  /** Keeps another one, unless it has been changed since `revision`. @returns whether it was kept */
  setRoleState(state: RoleState, revision: number): Promise<boolean>;

  /** The entry of a key, tombstones and expired records included. */
  get(key: string): Promise<Entry | undefined>;
  /**
   * Writes or deletes in one atomic step: the condition is checked against the live record at `now`, the version
   * is one more than the key's last, the status `pending`. Its base is the newest stamp that other contents wrote:
   * see lib/store/base.ts.
   * @throws TandemError `store_full` when there is no room; nothing has changed then.
   */
  write(change: Change): Promise<WriteResult>;
  /**
   * Takes in a record of the other node as it is, its base and writer included; the newer stamp wins. The older one of the
   * two is listed in the same atomic step, if it is divergent: see lib/divergent.ts. Where the very same record is here
   * and in the backlog, it is acknowledged: the other node has it.
   * @param replication the state of its copy, on a primary that takes in what its replica holds
   * @param epoch of the message that brings it. In memory nothing is applied of one that is over
   * @throws TandemError `store_full`
   */
  apply(record: StoredRecord, replication?: Replication, epoch?: number): Promise<ApplyOutcome | 'outdated'>;
  /**
   * Stores the outcome of shipping a record: `replicated` after an acknowledgement, else `replication_failed` with
   * `nextAttemptAt`. Changes nothing when the key has another stamp by now, nor when it failed in an attempt that
   * began before the record was acknowledged. A record without a state counts as acknowledged.
   */
  settle(record: StoredRecord, attempt: Attempt, nextAttemptAt?: number): Promise<void>;

  /** Live keys at `now` that start with `prefix`, in UTF-8 byte order, `limit` at most. */
  list(query: ListQuery): Promise<HeadPage>;
  /** How many keys are live at `now`. */
  count(now: number): Promise<Count>;
  /** Entries that the replica has not acknowledged, oldest write first. */
  backlog(query: { cursor?: string; limit: number }): Promise<Page>;
  /** Whether the backlog is counted as it changes: to ask for its size costs next to nothing. */
  readonly isBacklogCounted: boolean;
  /** How many there are, and the time of the oldest one's write. */
  backlogSize(): Promise<{ count: number; oldest?: number }>;
  /** Divergent writes that nobody has acknowledged: see lib/divergent.ts. @param key those of this key of a client only */
  divergent(query: { key?: string; cursor?: string; limit: number }): Promise<Page>;
  /** How many there are. */
  divergentCount(): Promise<number>;

  /**
   * Forgets dead records, those of the backlog aside. A record that is written under an earlier epoch than the highest may
   * not come after: so a key that is written again never gets a stamp that it had before.
   * @returns how many; none where the engine forgets them by itself
   */
  forget(which: Forgettable): Promise<number>;

  /** Absent: the engine keeps no order. */
  readonly feed?: Feed;

  /** The sum of each group's digests: see lib/digest.ts. Absent where that would take reading every record. */
  groupSums(): Promise<readonly bigint[] | undefined>;
  /** The digests of the buckets of these groups, in their order. */
  digests(groups: readonly number[]): Promise<BigUint64Array>;
  /** Every entry of some buckets, tombstones included, in pages bounded in number and in bytes. */
  headsIn(buckets: readonly number[], cursor?: string): Promise<HeadPage>;
}
