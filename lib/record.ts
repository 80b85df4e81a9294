// The record that a node stores for a key, and the order of stamps.

/** The order of all writes of a key: by epoch, then by version. The newer stamp wins, everywhere. */
export interface Stamp {
  /** A time in milliseconds that names one primary's time of leading. */
  readonly epoch: number;
  /** Counts the writes and deletions of one key, from 1. */
  readonly version: number;
}

/** A write that a client gave an Idempotency-Key, and what it was answered: a repeat of it is answered so once more. */
export interface RememberedWrite extends Stamp {
  /** Its Idempotency-Key. */
  readonly id: string;
  /** When it was made, in milliseconds, by the primary's clock. */
  readonly at: number;
  /** There was no live value before it. */
  readonly created?: boolean;
  /** JSON text: what a PATCH made, where that is short. */
  readonly value?: string;
}

/** What a node stores for a key. Immutable: a write makes a new one. */
export interface StoredRecord extends Stamp {
  readonly key: string;
  /** The value as JSON text, exactly as the client wrote it. Absent: a tombstone. */
  readonly value?: string;
  /** Time of the write, in milliseconds, by the primary's clock. */
  readonly updatedAt: number;
  /** From this time on (milliseconds) the record reads as absent. */
  readonly expiresAt?: number;
  /**
   * The newest stamp in the history of this record that other contents wrote: what its writer had seen of others. It is
   * older than the record's own, stays the same while the same contents write on, in whichever epoch, and goes wherever
   * the record goes. Absent: only these contents have written the key, or the record is of a node before 0.2.
   */
  readonly base?: Stamp;
  /**
   * The epoch since which the writing contents have written the key without a gap, in milliseconds: what they wrote of it from
   * then on, this record had seen. Absent: its own epoch; or it has a base, which tells as much.
   */
  readonly ownSince?: number;
  /** Names the contents that wrote the record: see `writerOf`. Absent: the record is of a node before 0.2. */
  readonly writer?: string;
  /** The writes of the key that are remembered by their Idempotency-Key, newest last. Absent: there were none. */
  readonly remembered?: readonly RememberedWrite[];
}

/** Negative when `a` is older than `b`, 0 when they are the same, positive when `a` is newer. */
export function compareStamps(a: Stamp, b: Stamp): number {
  return a.epoch - b.epoch || a.version - b.version;
}

/** When the record dies, by deletion or expiry, in milliseconds; `undefined`: it lives until it is written again. */
export function deadAt({ value, updatedAt, expiresAt }: StoredRecord): number | undefined {
  if (value === undefined) return updatedAt;
  // Not before it was written, even where the clock has been set back in between.
  return expiresAt === undefined ? undefined : Math.max(updatedAt, expiresAt);
}

/** Whether a read at time `now` finds a value: neither deleted nor expired. */
export function isLive(record: StoredRecord, now: number): boolean {
  return record.value !== undefined && (record.expiresAt === undefined || record.expiresAt > now);
}
