// What happens to replication in one process, as `GET /events` tells it and the console draws it: each event says what was
// done or seen here, never what this node thinks of the other one.
import type { FaultKind } from '../fault-kind.ts';
import type { Stamp } from '../record.ts';
import type { Role } from '../role.ts';

/** Records that one event names at most; `count` says how many there were. */
export const MAX_NAMED = 12;

/** A record without its value. */
export interface NamedRecord extends Stamp {
  /** The key of a client. */
  readonly key: string;
  readonly deleted?: true;
  /** It is no record of the key, but the entry of this write in the list of divergent writes; with `deleted`, one dismissed. */
  readonly divergent?: true;
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

export interface Some<Named> {
  /** The first ones, in the order in which they went. */
  readonly records: readonly Named[];
  /** How many there were. */
  readonly count: number;
}

/** On the primary. `request` counts the requests to `/replicate` that this process has sent: what answers one has its number. */
export type PrimaryEvent =
  /** A client's write is stored here. One that waits while the key is written again goes as that newer one. */
  | ({ readonly kind: 'written' } & NamedRecord)
  /** A request with these records leaves for the replica. `retried` of them had failed before. Its fate has its number. */
  | ({ readonly kind: 'sent'; readonly request: number; readonly retried: number } & Some<NamedRecord>)
  /** The replica has answered for each record. The statuses follow. */
  | ({ readonly kind: 'answered'; readonly request: number; readonly durationMs: number } & Some<NamedOutcome>)
  /**
   * No answer came, or one that refuses the request as a whole. `nextAttemptAt`: the first of the records is due again then, if no
   * repair ships it before; absent after a refusal, from which this node learns what to do.
   */
  | ({
      readonly kind: 'unanswered';
      readonly request: number;
      readonly durationMs: number;
      readonly error: string;
      readonly nextAttemptAt?: number;
    } & Some<NamedRecord>)
  /** These were not sent: the circuit is open, and a repair ships them; or the replica has not said what it is. */
  | ({ readonly kind: 'not_tried'; readonly error: string; readonly nextAttemptAt?: number } & Some<NamedRecord>)
  | { readonly kind: 'circuit'; readonly state: 'closed' | 'open' | 'half_open' }
  /** The replica is met, or has other contents than before. Those that may lack anything are being filled, until they are not. */
  | { readonly kind: 'replica'; readonly contentsId: string; readonly isRefilling: boolean }
  | { readonly kind: 'repair'; readonly phase: 'began' }
  | {
      readonly kind: 'repair';
      readonly phase: 'ended';
      readonly shipped?: number;
      readonly failed?: number;
      /** Why it ended early. */
      readonly stoppedBy?: string;
    }
  /** Records of the other node were taken in here: in a recovery, or because they are newer there. */
  | ({ readonly kind: 'pulled' } & Some<NamedRecord>);

/** On the replica. */
export type ReplicaEvent =
  /** A request with these records has arrived. */
  | ({ readonly kind: 'received' } & Some<NamedRecord>)
  /** What became of each record here. */
  | ({ readonly kind: 'taken'; readonly durationMs: number } & Some<NamedOutcome>)
  /** A message of a primary was refused as a whole, a question of a comparison included: `stale_epoch` is the fence. */
  | { readonly kind: 'refused'; readonly code: string; readonly epoch?: number };

/** On either node. */
export type NodeEvent =
  /** The process has started. It is the first event of each. */
  | { readonly kind: 'started' }
  /** The role, the state or the epoch is another one from now on. `epoch`: that a primary writes in. */
  | { readonly kind: 'role'; readonly role: Role; readonly state: string; readonly epoch?: number }
  /** This node has taken the lead. */
  | { readonly kind: 'promoted'; readonly mode: 'switchover' | 'failover'; readonly epoch: number }
  /** A fault has acted on these records, at the place where it was switched on. */
  | ({ readonly kind: 'fault'; readonly fault: FaultKind } & Some<NamedRecord>)
  /** A write was listed as divergent here. */
  | ({ readonly kind: 'divergent' } & NamedRecord);

export type ReplicationEvent = PrimaryEvent | ReplicaEvent | NodeEvent;

/** Takes note of an event, at once. Absent where nobody listens: then nothing is made of one. */
export type Happened = (event: ReplicationEvent) => void;

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
