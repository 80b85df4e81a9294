// A number per bucket of keys that is equal on two nodes exactly when they hold the same stamps in it. Sums, not
// XORs: two equal hashes do not cancel each other out, and one record can be taken out again by subtraction.
// The scheme is that of the incremental set hashes of Bellare and Micciancio (AdHash, 1997), modulo 2^64.
import { hash } from 'node:crypto';
import type { StoredRecord } from './record.ts';

/** 2^14: at a million keys a bucket holds about 61, so one difference costs a list of 61 stamps. */
export const BUCKETS = 16_384;

/** The bucket of a key: the same on every node, whatever its stamp. */
export function bucketOf(key: string): number {
  return Number(hash64(key) & BigInt(BUCKETS - 1));
}

/** The share of a record in its bucket's digest: 64 bits of SHA-256 of key, epoch and version. */
export function digestOf(record: StoredRecord): bigint {
  return hash64(`${record.epoch} ${record.version} ${record.key}`);
}

function hash64(text: string): bigint {
  return hash('sha256', text, 'buffer').readBigUInt64BE(0);
}
