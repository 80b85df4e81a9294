// Digests: one number per bucket of keys, equal on two nodes exactly when they hold the same stamps in it. A digest is a
// sum, not an XOR: two equal hashes do not cancel each other out, and subtraction takes one record out again.
// The scheme is that of the incremental set hashes of Bellare and Micciancio (AdHash, 1997), modulo 2^64.
import { nodeCrypto } from './builtin.ts';
import { clientKey } from './divergent.ts';
import type { Stamp } from './record.ts';

/** 2^14: at a million keys a bucket holds about 61, so one difference costs a list of 61 stamps. */
export const BUCKETS = 16_384;
/** Buckets are summed up in groups: comparing equal nodes costs 128 numbers, finding a differing bucket 128 more. */
export const GROUPS = 128;
export const BUCKETS_PER_GROUP = BUCKETS / GROUPS;
/** The last hexadecimal digits of a hash that its bucket depends on. */
const BUCKET_DIGITS = 4;

/** The bucket of a key: the same on every node, whatever its stamp. A divergent write is in that of its key. */
export function bucketOf(key: string): number {
  return Number.parseInt(hashOf(clientKey(key)).slice(-BUCKET_DIGITS), 16) % BUCKETS;
}

/** 16 hexadecimal digits that stand for a key: the first 64 bits of its SHA-256. */
export function hashOf(key: string): string {
  // As text: a buffer for each hash takes Node four times as long.
  return nodeCrypto().hash('sha256', key, 'hex').slice(0, 16);
}

/** What a record adds to the digest of its bucket: 64 bits of SHA-256 of key, epoch and version. */
export function digestOf({ key, epoch, version }: Stamp & { readonly key: string }): bigint {
  return BigInt(`0x${hashOf(`${epoch} ${version} ${key}`)}`);
}

export const ALL_GROUPS: readonly number[] = Array.from({ length: GROUPS }, (_, group) => group);

/** The sum of each group, from the digests of all buckets. */
export function groupSums(digests: BigUint64Array): bigint[] {
  return ALL_GROUPS.map((group) => {
    let sum = 0n;
    for (const digest of bucketsOfGroup(digests, group)) sum += digest;
    return BigInt.asUintN(64, sum);
  });
}

/** The digests of a group's buckets, from those of all buckets. */
export function bucketsOfGroup(digests: BigUint64Array, group: number): BigUint64Array {
  return digests.subarray(group * BUCKETS_PER_GROUP, (group + 1) * BUCKETS_PER_GROUP);
}

/** The bucket at a position in the list of all buckets of some groups. @throws RangeError */
export function bucketAt(groups: readonly number[], position: number): number {
  const group = groups[Math.floor(position / BUCKETS_PER_GROUP)];
  if (group === undefined) throw new RangeError(`There is no bucket at ${position} in ${groups.length} groups.`);
  return group * BUCKETS_PER_GROUP + (position % BUCKETS_PER_GROUP);
}
