// Keeps the digests of lib/digest.ts up to date, one record at a time, and knows the members of each bucket.
import { BUCKETS, digestOf } from '../../digest.ts';
import type { StoredRecord } from '../../record.ts';

export class DigestIndex<T> {
  readonly sums = new BigUint64Array(BUCKETS);
  /** Lists, since a set for each bucket takes longer to fill, and more room, than the few members that one has to search. */
  readonly #members: Array<T[] | undefined> = new Array(BUCKETS);

  /** Adds a member, or replaces its former record by its present one, in the sum of its bucket. */
  put(bucket: number, member: T, before: StoredRecord | undefined, record: StoredRecord): void {
    this.sums[bucket] = (this.sums[bucket] ?? 0n) + digestOf(record) - (before ? digestOf(before) : 0n);
    if (before) return;
    const members = this.#members[bucket];
    if (members) members.push(member);
    else this.#members[bucket] = [member];
  }

  /** Takes a member out, and its record's share. */
  remove(bucket: number, member: T, record: StoredRecord): void {
    this.sums[bucket] = (this.sums[bucket] ?? 0n) - digestOf(record);
    const members = this.#members[bucket] ?? [];
    const last = members.pop();
    if (last !== undefined && last !== member) members[members.indexOf(member)] = last;
  }

  membersOf(bucket: number): Iterable<T> {
    return this.#members[bucket] ?? [];
  }
}
