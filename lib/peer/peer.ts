// What one node can ask of the other. HTTP is one way to carry it (http-peer.ts), the simulation's network another.
import type {
  Batch,
  BatchAnswer,
  DigestAnswer,
  DigestQuestion,
  Handshake,
  RecordQuestion,
  RecordsAnswer,
  StampPage,
  StampQuestion,
} from './wire.ts';

/**
 * The other node. Everything here may be asked twice. Each question carries the epoch of the asking primary, so that a
 * replica can refuse a primary that was replaced; a primary that is recovering has no epoch yet.
 * @throws PeerError (all methods) when there is no answer that can be trusted
 */
export interface Peer {
  /** Bytes of all requests and answers until now, without headers. */
  readonly bytes: number;
  /** Each node tells the other what it is. */
  handshake(own: Handshake): Promise<Handshake>;
  replicate(batch: Batch): Promise<BatchAnswer>;
  digest(question: DigestQuestion): Promise<DigestAnswer>;
  stamps(question: StampQuestion): Promise<StampPage & Refused>;
  /** The records of the first of these keys, up to about 1 MiB; keys that the node does not hold are left out. */
  records(question: RecordQuestion): Promise<RecordsAnswer & Refused>;
}

/** One wrong record of an answer is left out, and holds up none of the others. */
export interface Refused {
  /** How many records or stamps were left out. Absent: none. */
  readonly refused?: number;
}

/** The other node did not do as asked. The message is the reason that clients read in a key's status. */
export class PeerError extends Error {
  override readonly name = 'PeerError';
  /** The higher epoch that the replica has seen, in milliseconds, where that is why it refused. */
  readonly highestEpoch: number | undefined;
  /** The higher epoch is the replica's own, from when it was primary. The caller may begin a newer one. */
  readonly isOwnFormerEpoch: boolean;

  constructor(reason: string, highestEpoch?: number, isOwnFormerEpoch = false) {
    super(reason);
    this.highestEpoch = highestEpoch;
    this.isOwnFormerEpoch = isOwnFormerEpoch;
  }
}
