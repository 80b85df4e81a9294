// Keeps the digests of lib/digest.ts up to date, one record at a time, and knows the members of each bucket.
import { BUCKETS, digestOf } from '../../digest.ts';
import type { StoredRecord } from '../../record.ts';

/** What knows its place in the list of its bucket, so that taking it out costs the same however many there are. */
export interface BucketMember {
  position: number;
}

export class DigestIndex<T extends BucketMember> {
  readonly sums = new BigUint64Array(BUCKETS);
  /** Lists, since a set for each bucket takes longer to fill, and more room. */
  readonly #members: Array<T[] | undefined> = new Array(BUCKETS);

  /** Adds a member, or replaces its former record by its present one, in the sum of its bucket. */
  put(bucket: number, member: T, before: StoredRecord | undefined, record: StoredRecord): void {
    this.sums[bucket] = (this.sums[bucket] ?? 0n) + digestOf(record) - (before ? digestOf(before) : 0n);
    if (before) return;
    this.#members[bucket] ??= [];
    member.position = this.#members[bucket].push(member) - 1;
  }

  /** Takes a member out, and its record's share. */
  remove(bucket: number, member: T, record: StoredRecord): void {
    this.sums[bucket] = (this.sums[bucket] ?? 0n) - digestOf(record);
    const members = this.#members[bucket] ?? [];
    const last = members.pop();
    if (last === undefined || last === member) return;
    members[member.position] = last;
    last.position = member.position;
  }

  membersOf(bucket: number): Iterable<T> {
    return this.#members[bucket] ?? [];
  }
}
