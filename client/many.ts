// Many keys at once, for the adapters: in batches, where whatever fails makes the whole call fail.
import type { BatchEntry, Client, Operation, Written } from './client.ts';

/** In their order. `undefined`: there is no such key. @throws the first error */
export async function getMany(client: Client, keys: readonly string[]): Promise<(BatchEntry<unknown> | undefined)[]> {
  return done(await client.batch(keys.map((key) => ({ op: 'get', key }))));
}

/** In their order. `undefined`: there was nothing. @throws the first error; others may be deleted all the same */
export async function deleteMany(client: Client, keys: readonly string[]): Promise<(Written | undefined)[]> {
  return done(await client.batch(keys.map((key) => ({ op: 'delete', key }))));
}

/** @throws the first error; others may be written all the same */
export async function putMany(client: Client, operations: readonly (Operation & { op: 'put' })[]): Promise<void> {
  done(await client.batch(operations));
}

function done<T>(results: readonly PromiseSettledResult<T>[]): T[] {
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

/** The keys that begin so: as many as there are, in memory. */
export async function keysWith(client: Client, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of client.list({ prefix })) keys.push(key);
  return keys;
}

/** Deletes every key that begins so, a page at a time. What is written meanwhile may be left. @throws the first error */
export async function deleteWith(client: Client, prefix: string): Promise<void> {
  let cursor: string | undefined;
  do {
    const page = await client.listPage({ prefix, limit: 1000, ...(cursor !== undefined && { cursor }) });
    await deleteMany(
      client,
      page.keys.map(({ key }) => key),
    );
    cursor = page.cursor;
  } while (cursor !== undefined);
}
