// What a primary is made of.
import type { Log } from '../telemetry/log.ts';
import type { PrimaryPair } from './pair.ts';
import type { RepairLock } from './repair/lock.ts';
import type { SharedReplicaState } from './shared-replica-state.ts';

export interface PrimaryOptions extends PrimaryPair {
  /** Whether this process goes on between requests, and may copy what nobody waits for. */
  readonly goesOn: boolean;
  /** A number from 0 to below 1. */
  readonly random: () => number;
  readonly log: Log;
  /** The replica state as other processes of this primary see it, too. Absent: there are none. */
  readonly shared?: SharedReplicaState;
  /** Writes do not wait for the replica until it has answered once: it is the former primary, which may be lost. */
  readonly isReplicaDoubted?: boolean;
  /** What lets one of these processes repair at a time. */
  readonly lock?: RepairLock;
}
