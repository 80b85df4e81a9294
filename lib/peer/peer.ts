// What one node can ask of the other. HTTP is one way to carry it (http-peer.ts), the simulation's network another.
import type {
  Batch,
  BatchAnswer,
  DigestAnswer,
  DigestQuestion,
  Grant,
  Handshake,
  OwedQuestion,
  PageQuestion,
  RecordPage,
  RecordQuestion,
  RecordsAnswer,
  StampPage,
  StampQuestion,
  Switchover,
} from './wire.ts';

/** Time limit of one request, in milliseconds: looking up its address, connecting and the whole answer included. */
export const PEER_TIMEOUT_MS = 2000;
/** Time limit of a question for which the peer may have to read many records, in milliseconds: no write waits for it. */
export const QUESTION_TIMEOUT_MS = 10_000;
/** Time limit of a switchover, in milliseconds; and how long its answer may take beyond that. */
export const SWITCHOVER_MS = 10_000;
export const SWITCHOVER_TIMEOUT_MS = SWITCHOVER_MS + 2000;
/** Time limit of a handshake that no write waits for, in milliseconds: on Windows it takes seconds to be refused. */
export const HANDSHAKE_TIMEOUT_MS = 5000;

/**
 * The other node. Everything here may be asked twice. Each question but the handshake is addressed to contents: others
 * refuse it. It carries the epoch of the asking primary, so that a replica can refuse a primary that was replaced; a
 * primary that is recovering has no epoch yet.
 * @throws PeerError (all methods) when there is no answer that can be trusted
 */
export interface Peer {
  /** Bytes of all requests and answers until now, without headers. */
  readonly bytes: number;
  /** Each node tells the other what it is. @param limitMs its time limit, in milliseconds; that of a batch by default */
  handshake(own: Handshake, limitMs?: number): Promise<Handshake>;
  replicate(batch: Batch): Promise<BatchAnswer>;
  digest(question: DigestQuestion): Promise<DigestAnswer>;
  stamps(question: StampQuestion): Promise<StampPage & Refused>;
  /** The records of the first of these keys, up to about 1 MiB; keys that the node does not hold are left out. */
  records(question: RecordQuestion): Promise<RecordsAnswer & Refused>;
  /** Live records in the order of their keys: up to 500, or about 1 MiB. */
  page(question: PageQuestion): Promise<RecordPage & Refused>;
  /** The stamps of what the node owes, oldest write first. */
  owed(question: OwedQuestion): Promise<StampPage & Refused>;
  /** The replica asks for the lead. The primary answers once it has given it. */
  switchover(question: Switchover): Promise<Grant>;
}

/** One wrong record of an answer is left out, and holds up none of the others. */
export interface Refused {
  /** How many records or stamps were left out. Absent: none. */
  readonly refused?: number;
}

/** What is known of a failed request beside the reason. */
export interface PeerFailure {
  /** The connection was refused: there is no process that listens. */
  readonly isConnectionRefused?: boolean;
  /** The higher epoch that the other node has seen, in milliseconds, where that is why it refused. */
  readonly highestEpoch?: number;
  /** The contents id of the primary that began that epoch, where the other node knows it. */
  readonly begunBy?: string;
  /** The contents that the other node has now, where it refused because the message was for others. */
  readonly contentsId?: string;
  /** What the other node said of itself, where it has not the role that it must have. */
  readonly said?: Handshake;
  /** Why the other node did not give the lead away. */
  readonly notInSync?: string;
}

/** The other node did not do as asked. The message is the reason that clients read in a key's status. */
export class PeerError extends Error {
  override readonly name = 'PeerError';
  readonly failure: PeerFailure;

  constructor(reason: string, failure: PeerFailure = {}) {
    super(reason);
    this.failure = failure;
  }
}
