// What the backlog index answers: the records that the replica has not acknowledged, oldest write first.
import { inParallel } from '../../in-parallel.ts';
import { isAcknowledged } from '../replication-state.ts';
import type { Entry, Store } from '../store.ts';
import type { Client } from './client.ts';
import type { Item } from './item.ts';
import { countOf, merged, pageSizeFor, pages, type Range } from './query.ts';
import { ALL_SHARDS, BACKLOG_INDEX } from './table.ts';

/** Records that are read at a time, and about how many characters of values a page has at most. */
const READ_AT_A_TIME = 25;
const PAGE_LENGTH = 4 * 1024 * 1024;

/** Records of a partition that are listed to learn how many there are. */
const FIRST_PAGE = 100;

const PARTITIONS = ALL_SHARDS.map(
  (shard): Range => ({ index: BACKLOG_INDEX, partition: ['backlog', `${shard}`], sortKey: 'backlogAt' }),
);

/** @param read the entry of a key as it is now: the index may lag behind */
export function backlogOf(
  client: Client,
  read: (key: string) => Promise<Entry | undefined>,
): Pick<Store, 'backlog' | 'backlogSize'> {
  return {
    async backlog({ cursor, limit }) {
      const pageSize = pageSizeFor(limit);
      const ranges = PARTITIONS.map((range) => ({
        ...range,
        pageSize,
        ...(cursor !== undefined && { from: { after: cursor } }),
      }));
      const found: Item[] = [];
      let hasMore = false;
      for await (const item of merged(client, ranges)) {
        hasMore = found.length === limit;
        if (hasMore) break;
        found.push(item);
      }
      const entries: Entry[] = [];
      let length = 0;
      for (let i = 0; i < found.length; i += READ_AT_A_TIME) {
        const some = found.slice(i, i + READ_AT_A_TIME);
        for (const entry of await inParallel(some, ({ key }) => read(key?.S as string))) {
          if (entry === undefined || isAcknowledged(entry.replication)) continue;
          entries.push(entry);
          length += entry.record.value?.length ?? 0;
        }
        const isLast = i + READ_AT_A_TIME >= found.length;
        if (length > PAGE_LENGTH && !isLast) return { entries, cursor: placeOf(some.at(-1)) };
      }
      return { entries, ...(hasMore && { cursor: placeOf(found.at(-1)) }) };
    },

    async backlogSize() {
      const sizes = await Promise.all(PARTITIONS.map((range) => sizeOf(client, range)));
      const oldest = Math.min(...sizes.map((size) => size.oldest));
      const count = sizes.reduce((sum, size) => sum + size.count, 0);
      return { count, ...(count > 0 && { oldest }) };
    },
  };
}

/** The time of the write, with which its place begins. */
function writtenAt(item: Item | undefined): number {
  return Number.parseInt(placeOf(item), 10);
}

function placeOf(item: Item | undefined): string {
  return item?.backlogAt?.S as string;
}

/** Of a short backlog the first request tells all; of a long one the rest is counted and not sent. */
async function sizeOf(client: Client, range: Range): Promise<{ count: number; oldest: number }> {
  let count = 0;
  let oldest = Number.POSITIVE_INFINITY;
  for await (const items of pages(client, { ...range, pageSize: FIRST_PAGE })) {
    if (count === 0 && items.length > 0) oldest = writtenAt(items[0]);
    count += items.length;
    if (items.length < FIRST_PAGE) continue;
    const rest = { ...range, from: { after: placeOf(items.at(-1)) } };
    return { count: count + (await countOf(client, rest)), oldest };
  }
  return { count, oldest };
}
