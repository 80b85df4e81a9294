// Queries of an index: one partition in pages, and the shards of an index merged into one order.
import { QueryCommand, type QueryCommandOutput } from '@aws-sdk/client-dynamodb';
import { compareUtf8 } from '../utf8-order.ts';
import type { Client } from './client.ts';
import { expression } from './expression.ts';
import { type Item, string } from './item.ts';
import { SHARDS } from './table.ts';

/** Part of one partition of an index, in the order of its sort key. */
export interface Range {
  readonly index: string;
  /** The attribute that is the partition key, and its value. */
  readonly partition: readonly [name: string, value: string];
  readonly sortKey: string;
  /** Where to start: at a sort key, or after it. */
  readonly from?: { readonly at: string } | { readonly after: string };
  /** So many items at most in one request; without it, as many as fit into 1 MB. */
  readonly pageSize?: number;
}

/** So many of each shard's items are read at a time for `limit` of all: more than its share, so that few are asked twice. */
export function pageSizeFor(limit: number): number {
  return Math.max(10, Math.ceil((1.5 * limit) / SHARDS));
}

/** The items of a range, request by request. */
export async function* pages(client: Client, range: Range): AsyncGenerator<Item[]> {
  for await (const { Items = [] } of answers(client, range)) yield Items;
}

/** How many items a range has. They are not sent. */
export async function countOf(client: Client, range: Range): Promise<number> {
  let count = 0;
  for await (const { Count = 0 } of answers(client, range, 'COUNT')) count += Count;
  return count;
}

async function* answers(
  client: Client,
  { index, partition, sortKey, from, pageSize }: Range,
  Select?: 'COUNT',
): AsyncGenerator<QueryCommandOutput> {
  const [name, value] = partition;
  const start = from && ('at' in from ? `#${sortKey} >= :start` : `#${sortKey} > :start`);
  const KeyConditionExpression = [`#${name} = :partition`, ...(start ? [start] : [])].join(' AND ');
  const values = {
    ':partition': string(value),
    ...(from && { ':start': string('at' in from ? from.at : from.after) }),
  };
  let ExclusiveStartKey: Item | undefined;
  do {
    const answer: QueryCommandOutput = await client.ask(
      new QueryCommand({
        TableName: client.table,
        IndexName: index,
        KeyConditionExpression,
        ...expression([KeyConditionExpression], values),
        ...(Select && { Select }),
        ...(pageSize !== undefined && { Limit: pageSize }),
        ...(ExclusiveStartKey && { ExclusiveStartKey }),
      }),
    );
    yield answer;
    ExclusiveStartKey = answer.LastEvaluatedKey;
  } while (ExclusiveStartKey);
}

/** One item after the other, by the sort key in UTF-8 byte order, from ranges each of which is in that order. */
export async function* merged(client: Client, ranges: readonly Range[]): AsyncGenerator<Item> {
  const sources = ranges.map((range) => ({
    items: [] as Item[],
    next: 0,
    pages: pages(client, range),
    sortKey: range.sortKey,
  }));
  type Source = (typeof sources)[number];
  /** @returns whether there is another item */
  const advance = async (source: Source): Promise<boolean> => {
    while (source.next >= source.items.length) {
      const page = await source.pages.next();
      if (page.done) return false;
      source.items = page.value;
      source.next = 0;
    }
    return true;
  };
  const head = ({ items, next, sortKey }: Source) => items[next]?.[sortKey]?.S as string;

  const alive = await Promise.all(sources.map(advance));
  const waiting = sources.filter((_, i) => alive[i]);
  while (waiting.length > 0) {
    const first = waiting.reduce((a, b) => (compareUtf8(head(b), head(a)) < 0 ? b : a));
    yield first.items[first.next++] as Item;
    if (!(await advance(first))) waiting.splice(waiting.indexOf(first), 1);
  }
}
