// What a look sees of a node.
import type { Role } from '../../lib/role.ts';
import type { FaultsTold } from '../nodes/faults.ts';
import type { NodeState } from '../recording/observation.ts';

export type Circuit = 'closed' | 'open' | 'half_open';

/** The members of GET /status that the console shows. A replica tells fewer of them. */
export interface StatusTold {
  readonly role: Role;
  readonly state: string;
  readonly id: string;
  readonly epoch?: number | null;
  readonly highestEpoch?: number | null;
  readonly store: string;
  readonly keys: number;
  readonly keysAtLeast?: boolean;
  readonly backlog?: { readonly count: number; readonly oldestAgeMs: number | null };
  readonly inSync?: boolean;
  readonly inSyncSince?: string | null;
  readonly divergent?: number;
  readonly lastContactAt?: string | null;
  readonly replica?: {
    readonly reachable: boolean | null;
    readonly error: string | null;
    readonly circuit: Circuit | null;
    readonly lastContactAt: string | null;
  };
}

/** What a node last answered stays when it answers no more. */
export interface Seen {
  /** Absent: it has not been looked at yet. */
  readonly state: NodeState | undefined;
  readonly isAnswering: boolean;
  readonly role?: Role | undefined;
  readonly status?: StatusTold | undefined;
  readonly contentsId?: string | undefined;
  /** JSON text: the first divergent writes. */
  readonly writes?: string | undefined;
  /** `null`: fault injection is off. Absent: not known. */
  readonly faults?: FaultsTold | null | undefined;
  /** When it last told all of this, in milliseconds. */
  readonly answeredAt?: number;
  /** Why it tells nothing. */
  readonly detail?: string | undefined;
  /** What a recovery waits for. */
  readonly why?: string | undefined;
}

export const NOT_SEEN: Seen = { state: undefined, isAnswering: false };
