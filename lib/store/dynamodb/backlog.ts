// What the backlog index answers: the records that the replica has not acknowledged, oldest write first.
import { inParallel } from '../../in-parallel.ts';
import { isAcknowledged } from '../replication-state.ts';
import type { Entry, Page, Store } from '../store.ts';
import type { Client } from './client.ts';
import { type Item, textIn } from './item.ts';
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
      return pageOf(found, hasMore, read);
    },

    async backlogSize() {
      const sizes = await Promise.all(PARTITIONS.map((range) => partitionSize(client, range)));
      const oldest = Math.min(...sizes.map((size) => size.oldest));
      const count = sizes.reduce((sum, size) => sum + size.count, 0);
      return { count, ...(count > 0 && { oldest }) };
    },
  };
}

/** A page of the entries of some items, cut where their values become too long for one. */
async function pageOf(
  items: readonly Item[],
  hasMore: boolean,
  read: (key: string) => Promise<Entry | undefined>,
): Promise<Page> {
  const entries: Entry[] = [];
  let length = 0;
  let last: Item | undefined;
  for (let i = 0; i < items.length && length <= PAGE_LENGTH; i += READ_AT_A_TIME) {
    const some = items.slice(i, i + READ_AT_A_TIME);
    for (const entry of await inParallel(some, (item) => read(textIn(item, 'key')))) {
      if (entry === undefined || isAcknowledged(entry.replication)) continue;
      entries.push(entry);
      length += entry.record.value?.length ?? 0;
    }
    last = some.at(-1);
  }
  const isCut = last !== items.at(-1);
  return { entries, ...((hasMore || isCut) && last && { cursor: placeOf(last) }) };
}

/** The time of the write, with which an item's place in the backlog begins. */
function writtenAt(item: Item): number {
  return Number.parseInt(placeOf(item), 10);
}

function placeOf(item: Item): string {
  return textIn(item, 'backlogAt');
}

/** One request is enough for a short backlog. The rest of a long one is counted without being sent. */
async function partitionSize(client: Client, range: Range): Promise<{ count: number; oldest: number }> {
  let count = 0;
  let oldest = Number.POSITIVE_INFINITY;
  for await (const items of pages(client, { ...range, pageSize: FIRST_PAGE })) {
    const [first] = items;
    const last = items.at(-1);
    if (count === 0 && first) oldest = writtenAt(first);
    count += items.length;
    if (items.length < FIRST_PAGE || !last) continue;
    const rest = { ...range, from: { after: placeOf(last) } };
    return { count: count + (await countOf(client, rest)), oldest };
  }
  return { count, oldest };
}
