// One node of the pair, whichever engine holds its contents: what it does when it is asked, and how its role changes.
import type { Grant, Handshake, Switchover } from '../peer/wire.ts';
import type { StoredRecord } from '../record.ts';
import type { Role } from '../role.ts';
import type { Log } from '../telemetry/log.ts';
import type { Pair } from './pair.ts';
import type { Primary } from './primary.ts';
import type { Replica } from './replica.ts';
import type { Roles } from './roles.ts';
import type { DigestServer } from './serve-digests.ts';

export interface NodeOptions extends Omit<Pair, 'describe'> {
  /** The role while neither the store nor the other node says who leads. */
  readonly beginsAs: Role;
  /** A number from 0 to below 1. */
  readonly random: () => number;
  readonly log: Log;
  /** Why a record is refused on purpose, when this node is the replica; `undefined` for one that is not. */
  readonly faultOf?: (record: StoredRecord) => string | undefined;
  /** Whether a record is not on the replica because it is made to fail there: that holds no switchover up. */
  readonly isHeldBack?: (record: StoredRecord) => boolean;
}

/** What a promotion comes to. */
export interface Promotion {
  /** `none`: this node led before. */
  readonly mode: 'none' | 'switchover' | 'failover';
  /** That it leads in, in milliseconds. */
  readonly epoch: number;
  /**
   * How many writes the former primary last said that it owed; of a replica that was being filled, with what it lacked at
   * least. `null`: that is not known.
   */
  readonly atRisk: number | null;
}

export interface PairNode {
  readonly roles: Roles;
  /** What it does as the replica. A message of a later primary makes it one. */
  readonly replica: Replica;
  readonly digests: DigestServer;
  /** Whether it has started in memory, and is asking the other node what that holds. */
  readonly isRecovering: boolean;
  /**
   * Resolves when the other node has been asked who leads, or has not answered for a second: a durable node with one process asks
   * when it starts. Until then it may take itself for the primary that it was.
   */
  readonly asked: Promise<void>;
  /** Whether a promotion is under way: it takes no writes yet, and soon will. */
  readonly isTakingLead: boolean;
  /** @throws TandemError `not_primary`, `recovering` */
  primary(): Promise<Primary>;
  /** What it says of itself. */
  describe(): Promise<Handshake>;
  /** The other node says what it is. It is answered at once. */
  handshake(said: Handshake): Promise<Handshake>;
  /** Learns what the other node has answered to a handshake. */
  hear(said: Handshake): Promise<void>;
  /**
   * The replica asks for the lead.
   * @throws TandemError `other_contents`, `recovering`, `switching`, `not_in_sync`, `not_primary`
   */
  switchover(question: Switchover): Promise<Grant>;
  /**
   * This node is to lead.
   * @param force at once, whatever the other node has and this one has not
   * @throws TandemError `recovering`, `switching`, `primary_unreachable`, `not_in_sync`
   */
  promote(force: boolean): Promise<Promotion>;
}
