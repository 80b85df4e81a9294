// The digests of all buckets: in memory, to be told at once, and in the data file, changed in the transaction of the records
// that they sum up.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { BUCKETS, digestOf } from '../../digest.ts';
import type { StoredRecord } from '../../record.ts';

export class Digests {
  /** As they are on disk, and beyond that as the transaction under way has them. */
  readonly sums = new BigUint64Array(BUCKETS);
  /** What the buckets had at the beginning of this transaction that it has changed. */
  readonly #before = new Map<number, bigint>();
  readonly #update: StatementSync;

  /** @throws what SQLite throws */
  constructor(db: DatabaseSync) {
    const all = db.prepare('SELECT bucket, sum FROM digests');
    all.setReadBigInts(true);
    for (const { bucket, sum } of all.iterate()) this.sums[Number(bucket)] = BigInt.asUintN(64, sum as bigint);
    this.#update = db.prepare(
      'INSERT INTO digests (bucket, sum) VALUES (?, ?) ON CONFLICT (bucket) DO UPDATE SET sum = excluded.sum',
    );
  }

  /** A record comes, goes, or takes the place of another one. */
  change(bucket: number, before: StoredRecord | undefined, after: StoredRecord | undefined): void {
    const sum = this.sums[bucket] ?? 0n;
    if (!this.#before.has(bucket)) this.#before.set(bucket, sum);
    this.sums[bucket] = sum + (after ? digestOf(after) : 0n) - (before ? digestOf(before) : 0n);
  }

  /** Writes what has changed, before the transaction is committed. */
  write(): void {
    for (const bucket of this.#before.keys()) this.#update.run(bucket, BigInt.asIntN(64, this.sums[bucket] ?? 0n));
  }

  committed(): void {
    this.#before.clear();
  }

  rolledBack(): void {
    for (const [bucket, sum] of this.#before) this.sums[bucket] = sum;
    this.#before.clear();
  }
}
