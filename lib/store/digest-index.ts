// Keeps the digests of lib/digest.ts up to date, one record at a time, and knows the members of each bucket.
import { BUCKETS, digestOf } from '../digest.ts';
import type { StoredRecord } from '../record.ts';

export class DigestIndex<T> {
  readonly sums = new BigUint64Array(BUCKETS);
  readonly #members: Array<Set<T> | undefined> = new Array(BUCKETS);

  /** Puts a record's share into its bucket, of which `member` is then one. */
  add(bucket: number, record: StoredRecord, member: T): void {
    this.sums[bucket] = (this.sums[bucket] as bigint) + digestOf(record);
    const members = this.#members[bucket];
    if (members) members.add(member);
    else this.#members[bucket] = new Set([member]);
  }

  /** Takes them out again. */
  remove(bucket: number, record: StoredRecord, member: T): void {
    this.sums[bucket] = (this.sums[bucket] as bigint) - digestOf(record);
    this.#members[bucket]?.delete(member);
  }

  membersOf(bucket: number): Iterable<T> {
    return this.#members[bucket] ?? [];
  }
}
