// Keeps the digests of lib/digest.ts up to date, one record at a time, and knows the members of each bucket.
import { BUCKETS, digestOf } from '../../digest.ts';
import type { StoredRecord } from '../../record.ts';

export class DigestIndex<T> {
  readonly sums = new BigUint64Array(BUCKETS);
  readonly #members: Array<Set<T> | undefined> = new Array(BUCKETS);

  /** Replaces a member's former record by its present one in the sum of its bucket. */
  put(bucket: number, member: T, before: StoredRecord | undefined, record: StoredRecord): void {
    this.sums[bucket] = (this.sums[bucket] ?? 0n) + digestOf(record) - (before ? digestOf(before) : 0n);
    const members = this.#members[bucket];
    if (members) members.add(member);
    else this.#members[bucket] = new Set([member]);
  }

  /** Takes a member out, and its record's share. */
  remove(bucket: number, member: T, record: StoredRecord): void {
    this.sums[bucket] = (this.sums[bucket] ?? 0n) - digestOf(record);
    this.#members[bucket]?.delete(member);
  }

  membersOf(bucket: number): Iterable<T> {
    return this.#members[bucket] ?? [];
  }
}
