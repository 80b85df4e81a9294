// Queries of an index: one partition in pages, and the shards of an index merged into one order.
import { QueryCommand, type QueryCommandOutput } from '@aws-sdk/client-dynamodb';
import { compareUtf8 } from '../utf8-order.ts';
import type { Client } from './client.ts';
import { expression } from './expression.ts';
import { type Item, string, textIn } from './item.ts';
import { type ItemKey, SHARDS } from './table.ts';

/** Part of one partition of an index, in the order of its sort key. */
export interface Range {
  readonly index: string;
  /** The attribute that is the partition key, and its value. */
  readonly partition: readonly [name: string, value: string];
  readonly sortKey: string;
  /** Which sort keys. Absent: all. */
  readonly bound?: { readonly is: '=' | '>=' | '>' | '<' | 'begins_with'; readonly place: string };
  /** From the last sort key down. */
  readonly reverse?: boolean;
  /** In the keys index: starts after this item, whatever its sort key: others may have the same. */
  readonly afterItem?: ItemKey;
  /** Items in one request; absent: as many as fit into 1 MB. */
  readonly pageSize?: number;
}

/** Items of each shard that are read at a time for `limit` of all: more than its share, so that few are asked twice. */
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

async function* answers(client: Client, range: Range, Select?: 'COUNT'): AsyncGenerator<QueryCommandOutput> {
  const { index, partition, sortKey, bound, reverse, afterItem, pageSize } = range;
  const [name, value] = partition;
  const KeyConditionExpression = `#${name} = :partition${bound ? ` AND ${within(sortKey, bound.is)}` : ''}`;
  const values = { ':partition': string(value), ...(bound && { ':bound': string(bound.place) }) };
  let ExclusiveStartKey: Item | undefined = afterItem && { [name]: string(value), ...afterItem };
  do {
    const answer: QueryCommandOutput = await client.ask(
      new QueryCommand({
        TableName: client.table,
        IndexName: index,
        KeyConditionExpression,
        ...expression([KeyConditionExpression], values),
        ...(Select && { Select }),
        ...(reverse && { ScanIndexForward: false }),
        ...(pageSize !== undefined && { Limit: pageSize }),
        ...(ExclusiveStartKey && { ExclusiveStartKey }),
      }),
    );
    yield answer;
    ExclusiveStartKey = answer.LastEvaluatedKey;
  } while (ExclusiveStartKey);
}

function within(sortKey: string, is: NonNullable<Range['bound']>['is']): string {
  return is === 'begins_with' ? `begins_with(#${sortKey}, :bound)` : `#${sortKey} ${is} :bound`;
}

/**
 * One item after the other, by the sort key in UTF-8 byte order, from ranges each of which is in that order.
 * @param reverse all of them from the last sort key down
 */
export async function* merged(client: Client, ranges: readonly Range[], reverse = false): AsyncGenerator<Item> {
  const least = (heads: readonly Head[]) => firstOf(heads, reverse ? -1 : 1);
  const heads = await Promise.all(ranges.map((range) => nextOf(itemsOf(client, range), range.sortKey)));
  const waiting = heads.filter((head) => head !== undefined);
  for (let first = least(waiting); first !== undefined; first = least(waiting)) {
    yield first.item;
    const following = await nextOf(first.items, first.sortKey);
    waiting.splice(waiting.indexOf(first), 1, ...(following ? [following] : []));
  }
}

/** The first item of a range that has not been given out yet, and the items after it. */
interface Head {
  readonly item: Item;
  /** The value of the item's sort key. */
  readonly place: string;
  readonly items: AsyncGenerator<Item>;
  readonly sortKey: string;
}

async function* itemsOf(client: Client, range: Range): AsyncGenerator<Item> {
  for await (const page of pages(client, range)) yield* page;
}

async function nextOf(items: AsyncGenerator<Item>, sortKey: string): Promise<Head | undefined> {
  const { done, value: item } = await items.next();
  return done ? undefined : { item, place: textIn(item, sortKey), items, sortKey };
}

/** @param order 1 for the least, -1 for the greatest */
function firstOf(heads: readonly Head[], order: 1 | -1): Head | undefined {
  return heads.reduce<Head | undefined>((a, b) => (a && order * compareUtf8(a.place, b.place) <= 0 ? a : b), undefined);
}
