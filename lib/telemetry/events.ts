// What happens to replication in one process, as `GET /events` tells it and the console draws it: each event says what was
// done or seen here, never what this node thinks of the other one.
import type { FaultKind } from '../fault-kind.ts';
import type { Stamp } from '../record.ts';
import type { Role } from '../role.ts';

/** Records that one event names at most; `count` says how many there were. */
export const MAX_NAMED = 12;

/** A record without its value. */
export interface NamedRecord extends Stamp {
  readonly key: string;
  readonly deleted?: true;
}

export type AttemptOutcome = 'applied' | 'same' | 'superseded' | 'failed';

/** A record, and what became of it. */
export interface NamedOutcome extends NamedRecord {
  readonly outcome: AttemptOutcome;
  /** Why it failed, in words. */
  readonly error?: string;
  /** When it is tried again, in milliseconds. */
  readonly nextAttemptAt?: number;
}

interface Some<Named> {
  /** The first ones, in the order in which they went. */
  readonly records: readonly Named[];
  /** How many there were. */
  readonly count: number;
}

/** On the primary. `request` counts the requests to `/replicate` that this process has sent: what answers one has its number. */
export type PrimaryEvent =
  /** A client's write is stored here. */
  | ({ readonly kind: 'written' } & NamedRecord)
  /** A request with these records has left for the replica. `retried` of them had failed before. */
  | ({ readonly kind: 'sent'; readonly request: number; readonly retried: number } & Some<NamedRecord>)
  /** The replica has answered for each record. */
  | ({ readonly kind: 'answered'; readonly request: number; readonly durationMs: number } & Some<NamedOutcome>)
  /** No answer came, or one that refuses the request as a whole. `nextAttemptAt`: the first of the records is tried again then. */
  | ({
      readonly kind: 'unanswered';
      readonly request: number;
      readonly durationMs: number;
      readonly error: string;
      readonly nextAttemptAt?: number;
    } & Some<NamedRecord>)
  /** These were not sent: the circuit is open. A repair ships them. */
  | ({ readonly kind: 'not_tried' } & Some<NamedRecord>)
  | { readonly kind: 'circuit'; readonly state: 'closed' | 'open' | 'half_open' }
  /** The replica has other contents than before, and is being filled; or all that was owed has got through. */
  | { readonly kind: 'replica'; readonly contentsId: string; readonly isRefilling: boolean }
  | { readonly kind: 'repair'; readonly phase: 'began' | 'ended'; readonly shipped?: number; readonly failed?: number };

/** On the replica. */
export type ReplicaEvent =
  | ({ readonly kind: 'received' } & Some<NamedRecord>)
  | ({ readonly kind: 'taken'; readonly durationMs: number } & Some<NamedOutcome>)
  /** A request was refused as a whole: `stale_epoch` is the fence. */
  | { readonly kind: 'refused'; readonly code: string; readonly epoch?: number };

/** On either node. */
export type NodeEvent =
  /** The process has started. It is the first event of each. */
  | { readonly kind: 'started' }
  /** The role, the state or the epoch is another one from now on. */
  | { readonly kind: 'role'; readonly role: Role; readonly state: string; readonly epoch?: number }
  | { readonly kind: 'promoted'; readonly mode: 'switchover' | 'failover'; readonly epoch: number }
  /** A fault has acted on these records, at the place where it was switched on. */
  | ({ readonly kind: 'fault'; readonly fault: FaultKind } & Some<NamedRecord>)
  /** A write was listed as divergent here. */
  | ({ readonly kind: 'divergent' } & NamedRecord);

export type ReplicationEvent = PrimaryEvent | ReplicaEvent | NodeEvent;

/** An event as it is told. */
export type ToldEvent = ReplicationEvent & {
  /** Counts the events of this process, from 1 on. */
  readonly seq: number;
  /** Milliseconds. */
  readonly at: number;
};

/** The answer of `GET /events`. */
export interface EventPage {
  /** Names the process: another one counts anew. */
  readonly process: string;
  readonly events: readonly ToldEvent[];
  /** To be given as `since`: what comes next. */
  readonly next: string;
  /** How many events since `since` are not told, because the ring has lost them; `null`: `since` is of another process. */
  readonly missed: number | null;
  /** The clock of the node, in milliseconds. */
  readonly now: number;
}
