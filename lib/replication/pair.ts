// What replication works with on one node: store, peer, clock, current epoch.
import type { Clock } from '../clock.ts';
import type { Peer } from '../peer/peer.ts';
import type { Handshake } from '../peer/wire.ts';
import type { Store } from '../store/store.ts';
import type { Happened } from '../telemetry/events.ts';
import type { CurrentEpoch } from './current-epoch.ts';
import type { ReplicaState } from './replica-state.ts';

export interface Pair {
  readonly store: Store;
  readonly peer: Peer;
  readonly clock: Clock;
  /** How long a deletion or an expiry is remembered, in milliseconds. */
  readonly retentionMs: number;
  /** What this node says of itself. */
  readonly describe: () => Promise<Handshake>;
  /** Takes note of what happens, where somebody listens. */
  readonly happened?: Happened;
}

/** Whether this node leads, as its primary asks before it writes, and what it says when it hears of another leader. */
export interface Lead {
  /** @throws TandemError `not_primary`, `switching` */
  check(): Promise<void>;
  /** Whether the primary that asks leads still, as far as this process knows. */
  isHeld(): boolean;
  /** Another primary took over: this node steps down. @param epoch of that one, in milliseconds */
  lost(epoch: number): Promise<void>;
}

/** The pair as its primary sees it. */
export interface PrimaryPair extends Pair {
  readonly lead: Lead;
  readonly currentEpoch: CurrentEpoch;
  readonly replicaState: ReplicaState;
}

/** When to stop, in milliseconds of elapsed time; a call that joins may make it earlier. */
export interface Deadline {
  readonly deadline: number;
}
