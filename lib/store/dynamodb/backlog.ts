// What the backlog index answers: the records that the replica has not acknowledged, oldest write first.
import { isAcknowledged } from '../replication-state.ts';
import type { Entry, Store } from '../store.ts';
import type { Client } from './client.ts';
import { entryPage } from './entry-page.ts';
import { type Item, textIn } from './item.ts';
import { countOf, pageSizeFor, pages, type Range } from './query.ts';
import { ALL_SHARDS, BACKLOG_INDEX } from './table.ts';

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
    backlog({ cursor, limit }) {
      const pageSize = pageSizeFor(limit);
      const bound = cursor !== undefined && { bound: { is: '>', place: cursor } as const };
      const ranges = PARTITIONS.map((range) => ({ ...range, pageSize, ...bound }));
      const belongs = ({ replication }: Entry) => !isAcknowledged(replication);
      return entryPage(client, { ranges, limit, read, belongs, cursorAfter: placeOf });
    },

    async backlogSize() {
      const sizes = await Promise.all(PARTITIONS.map((range) => partitionSize(client, range)));
      const oldest = Math.min(...sizes.map((size) => size.oldest));
      const count = sizes.reduce((sum, size) => sum + size.count, 0);
      return { count, ...(count > 0 && { oldest }) };
    },
  };
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
    const rest = { ...range, bound: { is: '>', place: placeOf(last) } as const };
    return { count: count + (await countOf(client, rest)), oldest };
  }
  return { count, oldest };
}
