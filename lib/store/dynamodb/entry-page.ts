// Pages of the entries that an index names: each is read from the table, because the index may lag behind.
import { inParallel } from '../../in-parallel.ts';
import type { Entry, Page } from '../store.ts';
import type { Client } from './client.ts';
import { type Item, keyIn } from './item.ts';
import { merged, type Range } from './query.ts';

/** Records that are read at a time, and about how many characters of values a page has at most. */
const READ_AT_A_TIME = 25;
const PAGE_LENGTH = 4 * 1024 * 1024;

export interface EntryPageOptions {
  /** What the index holds, in one order of all ranges. */
  readonly ranges: readonly Range[];
  readonly limit: number;
  /** The entry of a key as it is now. */
  readonly read: (key: string) => Promise<Entry | undefined>;
  /** Whether an entry still belongs there. */
  readonly belongs: (entry: Entry) => boolean;
  /** The cursor of a page that ends with this item of the index. */
  readonly cursorAfter: (item: Item) => string;
}

/** A page is also cut where its values become too long for one. */
export async function entryPage(client: Client, options: EntryPageOptions): Promise<Page> {
  const { ranges, limit, read, belongs, cursorAfter } = options;
  const { items, hasMore } = await firstOf(client, ranges, limit);
  const entries: Entry[] = [];
  let length = 0;
  let last: Item | undefined;
  for (let i = 0; i < items.length && length <= PAGE_LENGTH; i += READ_AT_A_TIME) {
    const some = items.slice(i, i + READ_AT_A_TIME);
    for (const entry of await inParallel(some, (item) => read(keyIn(item)))) {
      if (entry === undefined || !belongs(entry)) continue;
      entries.push(entry);
      length += entry.record.value?.length ?? 0;
    }
    last = some.at(-1);
  }
  const isCut = last !== items.at(-1);
  return { entries, ...((hasMore || isCut) && last && { cursor: cursorAfter(last) }) };
}

async function firstOf(
  client: Client,
  ranges: readonly Range[],
  limit: number,
): Promise<{ items: Item[]; hasMore: boolean }> {
  const items: Item[] = [];
  for await (const item of merged(client, ranges)) {
    if (items.length === limit) return { items, hasMore: true };
    items.push(item);
  }
  return { items, hasMore: false };
}
