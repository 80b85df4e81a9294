// Keeps the digests of lib/digest.ts up to date, one record at a time, and knows the keys of each bucket.
import { BUCKETS, digestOf } from '../digest.ts';
import type { StoredRecord } from '../record.ts';

export class DigestIndex {
  readonly sums = new BigUint64Array(BUCKETS);
  readonly #keys: Array<Set<string> | undefined> = new Array(BUCKETS);

  /** Takes the old record's share out of its bucket, if there was one, and puts the next one's in. */
  replace(bucket: number, old: StoredRecord | undefined, next: StoredRecord): void {
    const share = digestOf(next) - (old ? digestOf(old) : 0n);
    this.sums[bucket] = (this.sums[bucket] as bigint) + share;
    if (!old) this.#keysOf(bucket).add(next.key);
  }

  remove(bucket: number, record: StoredRecord): void {
    this.sums[bucket] = (this.sums[bucket] as bigint) - digestOf(record);
    this.#keysOf(bucket).delete(record.key);
  }

  keysIn(bucket: number): Iterable<string> {
    return this.#keys[bucket] ?? [];
  }

  #keysOf(bucket: number): Set<string> {
    const keys = this.#keys[bucket] ?? new Set();
    this.#keys[bucket] = keys;
    return keys;
  }
}
