// What the nodes tell of one key.
import type { NodeName } from '../recording/observation.ts';

/** What a node answered for the key. */
export interface CopyRead {
  /** HTTP status: 200, 404, or why it does not tell. */
  readonly status: number;
  readonly version?: number;
  readonly epoch?: number;
  readonly updatedAt?: string;
  readonly expiresAt?: string;
  /** JSON text, as it was written. */
  readonly value?: string;
  readonly detail?: string;
  /** Milliseconds, by the clock of this page. */
  readonly readAt: number;
  /** Whether the node does not answer any more. */
  readonly isOld: boolean;
}

/** The answer of GET /status/{key}. */
export interface KeyStatusTold {
  readonly key: string;
  readonly status: string;
  readonly version: number;
  readonly epoch: number;
  readonly deleted?: boolean;
  readonly updatedAt: string;
  readonly replicatedAt?: string;
  readonly lagMs?: number;
  readonly nextAttemptAt?: string;
  readonly attempts?: readonly AttemptTold[];
}

export interface AttemptTold {
  /** When it began. */
  readonly at: string;
  readonly outcome: 'applied' | 'same' | 'superseded' | 'failed';
  readonly error?: string;
  readonly durationMs: number;
}

export interface KeyRead {
  readonly key: string;
  readonly copies: Readonly<Partial<Record<NodeName, CopyRead>>>;
  /** Of the node that leads. */
  readonly status?: KeyStatusTold;
}
