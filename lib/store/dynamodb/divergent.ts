// What the keys index answers of divergent writes: those that nobody has acknowledged are in partitions of their own. All
// those of a key are in one partition, under one sort key, so a page starts after an item, not after a sort key. Their
// values are kept however many there are: the limit of lib/limits.ts is for memory.
import { divergentKey, divergentPlace, divergentWrite, type WriteName, writeAt } from '../../divergent.ts';
import type { Entry, Store } from '../store.ts';
import type { Client } from './client.ts';
import { entryPage } from './entry-page.ts';
import { type Item, keyIn } from './item.ts';
import { rangeOf } from './keys.ts';
import { countOf, pageSizeFor, type Range } from './query.ts';
import { ALL_SHARDS, recordKey, shardOf } from './table.ts';

/** @param read the entry of a key as it is now: the index may lag behind */
export function divergentOf(
  client: Client,
  read: (key: string) => Promise<Entry | undefined>,
): Pick<Store, 'divergent' | 'divergentCount'> {
  return {
    divergent({ key, cursor, limit }) {
      const after = cursor === undefined ? undefined : writeAt(cursor);
      const pageSize = pageSizeFor(limit);
      const shards = key === undefined ? ALL_SHARDS : [shardOf(key)];
      const ranges = shards.map((shard) => ({ ...rangeAfter(shard, key, after), pageSize }));
      const belongs = ({ record }: Entry) => record.value !== undefined;
      return entryPage(client, { ranges, limit, read, belongs, cursorAfter });
    },

    async divergentCount() {
      const counts = await Promise.all(ALL_SHARDS.map((shard) => countOf(client, rangeOf(shard, 'divergent'))));
      return counts.reduce((sum, count) => sum + count, 0);
    },
  };
}

/**
 * The divergent writes of a shard that come after one, in one order of all shards.
 * @param key those of this key of a client only
 */
function rangeAfter(shard: number, key: string | undefined, after: WriteName | undefined): Range {
  const isAmong = after !== undefined && shardOf(after.key) === shard && (key ?? after.key) === after.key;
  const range = { ...rangeOf(shard, 'divergent'), ...(isAmong && { afterItem: recordKey(divergentKey(after)) }) };
  if (key !== undefined) return { ...range, bound: { is: '=', place: key } };
  return after && !isAmong ? { ...range, bound: { is: '>', place: after.key } } : range;
}

function cursorAfter(item: Item): string {
  const write = divergentWrite(keyIn(item));
  if (write === undefined) throw new Error('An item among the divergent writes lists none.');
  return divergentPlace(write);
}
