// What nodes answer, as types. Times are RFC 3339 in UTC with milliseconds, as the API writes them.

export type Role = 'primary' | 'replica';

/** What the primary knows of a record's copy when it answers. */
export type WriteStatus = 'pending' | 'replicated' | 'replication_failed';

/** The same of a read; `replica` where the node that answered is the replica. */
export type CopyStatus = WriteStatus | 'replica';

/** Names one state of a key, on both nodes. */
export interface Stamp {
  readonly version: number;
  readonly epoch: number;
}

/** What every answer about a key has. */
export interface Tagged extends Stamp {
  readonly key: string;
  /** For `ifMatch`. It never repeats for a key. */
  readonly etag: string;
}

/** The answer to a write. */
export interface Written extends Tagged {
  /** `replicated`: the replica has it. Else it is safe on the primary, and ships later. */
  readonly status: WriteStatus;
  /** Why it is not on the replica. */
  readonly error?: string;
}

/** The answer to a write that tells what the key holds then. */
export interface Changed<T> extends Written {
  readonly value: T;
}

/** The same of a change whose new value only the node knows. */
export interface Patched<T> extends Written {
  /** Absent where the answer to the write was lost, others have written the key since, and the value is long. */
  readonly value?: T;
}

/** Which node answered a read, and how it stood. */
export interface Receipt {
  /** The address that answered. */
  readonly url: string;
  readonly role?: Role;
  readonly epoch?: number;
  /** Of a replica: how old what it holds may be, in milliseconds. */
  readonly stalenessMs?: number;
}

/** What a node holds for a key. */
export interface Entry<T> extends Tagged {
  readonly value: T;
  readonly updatedAt: string;
  readonly expiresAt?: string;
  readonly status: CopyStatus;
  readonly receipt: Receipt;
}

/** One key of a list. */
export interface ListedKey extends Tagged {
  readonly status: CopyStatus;
  readonly updatedAt: string;
  readonly expiresAt?: string;
}

export interface ListedEntry<T> extends ListedKey {
  readonly value: T;
}

/** With a delimiter: stands for all keys that begin so. */
export interface Folded {
  readonly prefix: string;
}

export interface KeyPage<Listed> {
  readonly keys: readonly Listed[];
  /** With a delimiter: what its keys are folded into. */
  readonly prefixes?: readonly string[];
  /** Where the next page begins. Absent: this is the last one. */
  readonly cursor?: string;
  readonly complete: boolean;
}

/** The newest state of a key that has changed. */
export interface Change<T> extends Tagged {
  readonly updatedAt: string;
  readonly deleted?: true;
  readonly expiresAt?: string;
  /** With `values`, unless it was deleted. */
  readonly value?: T;
}

/** One try to bring a write to the replica. */
export interface Attempt {
  readonly at: string;
  readonly outcome: 'applied' | 'same' | 'superseded' | 'failed';
  readonly error?: string;
  readonly durationMs: number;
}

/** What became of a key's latest write, a deletion included. */
export interface KeyStatus extends Tagged {
  readonly status: CopyStatus;
  readonly updatedAt: string;
  readonly deleted?: true;
  readonly expiresAt?: string;
  readonly replicatedAt?: string;
  /** From the write to the acknowledgement, in milliseconds. */
  readonly lagMs?: number;
  readonly nextAttemptAt?: string;
  /** The last ten for the present version, oldest first. */
  readonly attempts?: readonly Attempt[];
  readonly error?: string;
}

interface NodeFacts {
  /** Names what the node holds. In memory it changes with every start. */
  readonly id: string;
  readonly store: string;
  readonly keys: number;
  /** There are more: the store counts up to a bound. */
  readonly keysAtLeast?: true;
  readonly checkedAt: string;
}

export interface PrimaryStatus extends NodeFacts {
  readonly role: 'primary';
  readonly state: 'serving' | 'switching';
  readonly epoch: number | null;
  readonly backlog: { readonly count: number; readonly oldestAgeMs: number | null; readonly isAtLeast?: true };
  readonly divergent: number;
  readonly inSync: boolean;
  readonly inSyncSince: string | null;
  readonly replica: {
    readonly url: string | null;
    /** `null`: it did not answer in time. */
    readonly reachable: boolean | null;
    readonly id: string | null;
    readonly state: 'refilling' | 'serving' | null;
    readonly lastContactAt: string | null;
    readonly error: string | null;
    readonly circuit: 'closed' | 'open' | 'half_open';
  };
}

/** Of a primary that takes back what its replica holds. */
export interface RecoveringStatus extends NodeFacts {
  readonly role: 'primary';
  readonly state: 'recovering';
  readonly inSync: false;
  readonly replica: Pick<PrimaryStatus['replica'], 'url' | 'reachable' | 'id' | 'state' | 'error'>;
}

export interface ReplicaStatus extends NodeFacts {
  readonly role: 'replica';
  readonly state: 'refilling' | 'serving';
  readonly highestEpoch: number;
  readonly lastContactAt: string | null;
  readonly primary: {
    readonly url: string | null;
    readonly reachable: boolean | null;
    readonly state: 'recovering' | 'serving' | 'switching' | null;
    readonly epoch: number | null;
    readonly error: string | null;
  };
}

export type NodeStatus = PrimaryStatus | RecoveringStatus | ReplicaStatus;

/** A write that the replica has not acknowledged. */
export interface BacklogRecord extends Tagged {
  /** Of a write that `divergent` lists; or, with `deleted`, that was acknowledged there. */
  readonly divergent?: true;
  readonly deleted?: true;
  readonly status: 'pending' | 'replication_failed';
  readonly updatedAt: string;
  readonly ageMs: number;
  readonly attempts: number;
  readonly error?: string;
  readonly nextAttemptAt?: string;
}

export interface BacklogPage {
  readonly records: readonly BacklogRecord[];
  readonly cursor?: string;
  readonly complete: boolean;
  /** The replica is being refilled: what its former contents had acknowledged is owed too, and not listed. */
  readonly isAtLeast?: true;
}

export interface RepairReport {
  readonly shipped: number;
  readonly failed: number;
  readonly remaining: number;
  readonly bucketsCompared: number;
  readonly bucketsDiffering: number;
  readonly keysDiffering: number;
  readonly pushed: number;
  readonly pulled: number;
  /** Records that both nodes have forgotten. */
  readonly dropped: number;
  readonly bytes: number;
  readonly durationMs: number;
  /** Why it ended early. */
  readonly stoppedBy?: string;
}

export interface Promoted {
  readonly role: 'primary';
  /** `none`: it led before. */
  readonly mode: 'none' | 'switchover' | 'failover';
  readonly epoch: number;
  readonly durationMs: number;
  /** How many writes the former primary last said that it owed; `null`: that is not known. */
  readonly atRisk: number | null;
}

/** A write that a failover superseded unseen. */
export interface DivergentWrite extends Tagged {
  /** Absent where there was no room to keep it. */
  readonly value?: unknown;
  readonly deleted?: true;
  readonly updatedAt: string;
  /** What the key holds now; `null`: nothing any more. */
  readonly supersededBy: (Stamp & { readonly updatedAt: string }) | null;
}

export interface DivergentPage {
  readonly writes: readonly DivergentWrite[];
  readonly cursor?: string;
  readonly complete: boolean;
}

export interface Acknowledged {
  readonly acknowledged: number;
  /** Whether all are acknowledged that were listed when the request came. If not, ask again. */
  readonly complete: boolean;
}

export type FaultKind = 'error' | 'delay' | 'drop_request' | 'drop_reply' | 'duplicate';

/** A failure to switch on. */
export interface Fault {
  readonly kind: FaultKind;
  /** Acts only where a key begins so. */
  readonly keyPrefix?: string;
  /** From 0 to 1. */
  readonly probability?: number;
  /** How many times it acts at most. */
  readonly count?: number | null;
  readonly delayMs?: number;
  /** Seconds until it is switched off; 60 unless given, 3,600 at most. */
  readonly ttl?: number;
}

/** A failure that is on. */
export interface ActiveFault extends Required<Fault> {
  readonly id: string;
  readonly expiresAt: string;
}

export interface FaultList {
  readonly faults: readonly ActiveFault[];
  /** What a replica refuses whatever is switched on. */
  readonly always: readonly { readonly kind: 'error'; readonly value: string }[];
}
