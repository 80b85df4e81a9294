// What one node can ask of the other. HTTP is one way to carry it (http-peer.ts), the simulation's network another.
import type { StoredRecord } from '../record.ts';
import type { ApplyOutcome } from '../store/store.ts';

/** Records on their way to the replica, in their present state. */
export interface Batch {
  /** The id of the sending store. */
  readonly from: string;
  /** The sender's reign. The replica refuses one that is lower than it has seen. */
  readonly epoch: number;
  readonly records: readonly StoredRecord[];
}

/** What became of one record, in the batch's order. */
export type RecordAnswer = { readonly outcome: ApplyOutcome } | { readonly outcome: 'failed'; readonly error: string };

export interface BatchAnswer {
  /** The id of the answering store: a new one says that it lost what it held. */
  readonly id: string;
  readonly answers: readonly RecordAnswer[];
}

export interface Peer {
  /** @throws PeerError when there is no answer that can be trusted */
  replicate(batch: Batch): Promise<BatchAnswer>;
}

/** The other node did not do as asked. The message is the reason that clients read in a key's status. */
export class PeerError extends Error {
  override readonly name = 'PeerError';
}
