// Acknowledges divergent writes: an operator has looked at them, and the list is to forget them. Each is an ordinary deletion,
// which the replica gets as it gets any other.
import { excerpt, TandemError } from '../errors.ts';
import { inParallel } from '../in-parallel.ts';
import type { Primary } from '../replication/primary.ts';
import { primary } from './primary.ts';
import { clock } from './process.ts';
import { store } from './store.ts';

/** Writes that are acknowledged at a time: they share a request to the replica. */
const AT_A_TIME = 25;

export interface Acknowledged {
  readonly acknowledged: number;
  /** Whether all that were listed at the beginning are acknowledged. */
  readonly complete: boolean;
}

/**
 * @param key only the writes of this key. Absent: all
 * @param limitMs when to stop, in milliseconds
 * @throws TandemError `key_not_found` when the key has none, `not_primary`, `switching`, `recovering`
 */
export async function acknowledge(key: string | undefined, limitMs: number): Promise<Acknowledged> {
  const leading = await primary();
  const deadline = clock.elapsed() + limitMs;
  let acknowledged = 0;
  let cursor: string | undefined;
  do {
    const query = { limit: AT_A_TIME, ...(key !== undefined && { key }), ...(cursor !== undefined && { cursor }) };
    const page = await store.divergent(query);
    const were = await inParallel(page.entries, ({ record }) => acknowledgeOne(leading, record.key));
    acknowledged += were.filter(Boolean).length;
    cursor = page.cursor;
  } while (cursor !== undefined && clock.elapsed() < deadline);
  const complete = cursor === undefined;
  if (key !== undefined && complete && acknowledged === 0)
    throw new TandemError('key_not_found', `There is no divergent write of '${excerpt(key)}'.`);
  return { acknowledged, complete };
}

/** @param key under which it is listed @returns `false`: somebody else has acknowledged it meanwhile */
async function acknowledgeOne(leading: Primary, key: string): Promise<boolean> {
  try {
    await leading.write({ key });
    return true;
  } catch (error) {
    if (error instanceof TandemError && error.code === 'key_not_found') return false;
    throw error;
  }
}
