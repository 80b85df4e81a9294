// What one node can ask of the other. HTTP is one way to carry it (http-peer.ts), the simulation's network another.
import type { Stamp, StoredRecord } from '../record.ts';
import type { ApplyOutcome } from '../store/store.ts';

/** A key's stamp, and since when it is dead (deleted or expired), if it is or will be. */
export interface KeyStamp extends Stamp {
  readonly key: string;
  readonly deadAt?: number;
}

/** Records on their way to the replica, in their present state. */
export interface Batch {
  /** The id of the sending store. */
  readonly from: string;
  /** The sender's reign. The replica refuses one that is lower than it has seen. */
  readonly epoch: number;
  /** As of when the records were the present state of their keys, in milliseconds by the time of the sender's reign. */
  readonly sentAt: number;
  readonly records: readonly StoredRecord[];
  /** Dead records that both nodes hold and that are older than the retention: to be forgotten. */
  readonly drops?: readonly KeyStamp[];
  /** With drops: how old a record must be to be forgotten, as a time by the sender's clock. */
  readonly horizon?: number;
}

/** What became of one record, in the batch's order. */
export type RecordAnswer = { readonly outcome: ApplyOutcome } | { readonly outcome: 'failed'; readonly error: string };

export interface BatchAnswer {
  /** The id of the answering store: a new one says that it lost what it held. */
  readonly id: string;
  readonly answers: readonly RecordAnswer[];
}

/** Digests of a node. See lib/digest.ts. */
export interface DigestAnswer {
  readonly id: string;
  readonly highestEpoch: number;
  /**
   * One per group, or none where the node would have to read all its records; where groups were asked for, one per
   * bucket of these groups, in their order.
   */
  readonly sums: readonly bigint[];
}

export interface StampPage {
  readonly stamps: readonly KeyStamp[];
  /** Where the next page starts. Absent: this was the last one. */
  readonly cursor?: string;
}

/**
 * Everything here may be asked twice. `epoch` is the asking primary's, for the replica to refuse one that was
 * replaced; a primary that is recovering has none yet.
 * @throws PeerError (all methods) when there is no answer that can be trusted
 */
export interface Peer {
  /** Bytes of all requests and answers so far, without headers. */
  readonly bytes: number;
  replicate(batch: Batch): Promise<BatchAnswer>;
  digest(question: { epoch?: number; groups?: readonly number[] }): Promise<DigestAnswer>;
  stamps(question: { epoch?: number; buckets: readonly number[]; cursor?: string }): Promise<StampPage>;
  /** The records of the first of these keys, as many as fit into an answer; those it does not hold are left out. */
  records(question: { epoch?: number; keys: readonly string[] }): Promise<{ records: StoredRecord[]; asked: number }>;
}

/** The other node did not do as asked. The message is the reason that clients read in a key's status. */
export class PeerError extends Error {
  override readonly name = 'PeerError';
  /** The higher epoch that the replica has seen, where that is why it refused. */
  readonly highestEpoch: number | undefined;

  /** That epoch is of a reign which the replica itself had when it was a primary: it is over, and another may follow. */
  readonly isOver: boolean;

  constructor(reason: string, highestEpoch?: number, isOver = false) {
    super(reason);
    this.highestEpoch = highestEpoch;
    this.isOver = isOver;
  }
}
