// What the keys index answers of all records: pages of live keys, their number, digests, and the heads of buckets.
import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { BUCKETS_PER_GROUP, bucketOf, digestOf } from '../../digest.ts';
import { inParallel } from '../../in-parallel.ts';
import { MAX_KEY_BYTES, MAX_PAGE_HEADS, MAX_PAGE_KEY_LENGTH } from '../../limits.ts';
import { isLive } from '../../record.ts';
import { headWithValue } from '../head.ts';
import { listStart } from '../list-start.ts';
import { PageRoom } from '../page-room.ts';
import type { Count, Entry, EntryHead, HeadPage, ListQuery, Store } from '../store.ts';
import type { Client } from './client.ts';
import { expression } from './expression.ts';
import { headOfItem, number, string, textIn } from './item.ts';
import { merged, pageSizeFor, pages, type Range } from './query.ts';
import {
  ALL_PARTS,
  ALL_SHARDS,
  type ItemKey,
  KEYS_INDEX,
  keysPartition,
  type Part,
  SHARDS,
  shardOfBucket,
} from './table.ts';

/** Expired keys that a page of a listing looks at; at more it ends early, with a cursor. */
const MAX_EXPIRED = 2000;
/** About how many keys are counted; beyond, the count says that there are more. */
const MAX_COUNT = 10_000;

/** @param read the entry of a key as it is now: the index has no values */
export function keysOf(
  client: Client,
  read: (key: string) => Promise<Entry | undefined>,
): Pick<Store, 'list' | 'count' | 'groupSums' | 'digests' | 'headsIn'> {
  return {
    list: (query) => (query.values ? pageWithValues(client, query, read) : livePage(client, query)),
    async count(now) {
      const counts = await Promise.all(ALL_SHARDS.map((shard) => countLive(client, shard, now)));
      return {
        count: counts.reduce((sum, { count }) => sum + count, 0),
        isAtLeast: counts.some(({ isAtLeast }) => isAtLeast),
      };
    },
    // They would take reading every record.
    groupSums: async () => undefined,
    digests: (groups) => bucketDigests(client, groups),
    headsIn: (buckets, cursor) => bucketPage(client, buckets, cursor),
  };
}

/** Each key is read from the table, and shown as it is there. One that the index shows still, and that is gone, is left out. */
async function pageWithValues(
  client: Client,
  query: ListQuery,
  read: (key: string) => Promise<Entry | undefined>,
): Promise<HeadPage> {
  const { heads: listed, cursor } = await livePage(client, query);
  const room = new PageRoom();
  const heads: EntryHead[] = [];
  for (let next = 0; next < listed.length; ) {
    const some = listed.slice(next, next + room.atATime);
    const entries = await inParallel(some, ({ key }) => read(key));
    for (const entry of entries) {
      if (entry && isLive(entry.record, query.now)) {
        const end = listed[next - 1];
        if (!room.take(entry.record)) return { heads, ...(end && { cursor: end.key }) };
        heads.push(headWithValue(entry));
      }
      next++;
    }
  }
  return { heads, ...(cursor !== undefined && { cursor }) };
}

async function livePage(client: Client, query: ListQuery): Promise<HeadPage> {
  const { prefix, limit, now, reverse = false } = query;
  const start = listStart(query);
  // A place beyond the longest key is none of an index.
  const isInIndex = Buffer.byteLength(start.place) <= MAX_KEY_BYTES;
  const bound = isInIndex ? start : ({ is: 'begins_with', place: prefix } as const);
  const bounded = { ...(bound.place !== '' && { bound }), reverse, pageSize: pageSizeFor(limit) };
  const ranges = ALL_SHARDS.map((shard): Range => ({ ...rangeOf(shard, 'live'), ...bounded }));
  const heads: EntryHead[] = [];
  let last: string | undefined;
  let expired = 0;
  for await (const item of merged(client, ranges, reverse)) {
    const head = headOfItem(item);
    if (!head.key.startsWith(prefix)) break;
    const isExpired = Number(item.expiresAt?.N ?? Number.POSITIVE_INFINITY) <= now;
    const isFull = isExpired ? expired === MAX_EXPIRED : heads.length === limit;
    if (isFull) return { heads, ...(last !== undefined && { cursor: last }) };
    last = head.key;
    if (isExpired) expired++;
    else heads.push(head);
  }
  return { heads };
}

async function bucketDigests(client: Client, groups: readonly number[]): Promise<BigUint64Array> {
  const sums = new BigUint64Array(groups.length * BUCKETS_PER_GROUP);
  const placeOf = new Map(groups.map((group, i) => [group, i * BUCKETS_PER_GROUP]));
  const shards = new Set(groups.map((group) => shardOfBucket(group * BUCKETS_PER_GROUP)));
  const addHead = (head: EntryHead) => {
    const bucket = bucketOf(head.key);
    const place = placeOf.get(Math.floor(bucket / BUCKETS_PER_GROUP));
    if (place === undefined) return;
    const at = place + (bucket % BUCKETS_PER_GROUP);
    sums[at] = (sums[at] ?? 0n) + digestOf(head);
  };
  await Promise.all(
    partitionsOf([...shards]).map(async (range) => {
      for await (const items of pages(client, range)) items.map(headOfItem).forEach(addHead);
    }),
  );
  return sums;
}

async function bucketPage(client: Client, buckets: readonly number[], cursor: string | undefined): Promise<HeadPage> {
  const wanted = new Set(buckets);
  const shards = [...new Set(buckets.map(shardOfBucket))].sort((a, b) => a - b);
  const heads: EntryHead[] = [];
  let keyLength = 0;
  const [first, afterItem] = placeIn(cursor);
  for (const [i, range] of partitionsOf(shards).entries()) {
    if (i < first) continue;
    for await (const items of pages(client, i === first && afterItem ? { ...range, afterItem } : range)) {
      for (const item of items) {
        const head = headOfItem(item);
        if (!wanted.has(bucketOf(head.key))) continue;
        heads.push(head);
        keyLength += head.key.length;
        const isFull = heads.length === MAX_PAGE_HEADS || keyLength > MAX_PAGE_KEY_LENGTH;
        if (isFull) return { heads, cursor: `${i} ${textIn(item, 'kind')} ${textIn(item, 'key')}` };
      }
    }
  }
  return { heads };
}

/** A part of a shard in the keys index. */
export function rangeOf(shard: number, part: Part): Range {
  return { index: KEYS_INDEX, partition: ['shard', keysPartition(shard, part)], sortKey: 'key' };
}

/** The partitions of some shards. */
function partitionsOf(shards: readonly number[]): Range[] {
  return shards.flatMap((shard) => ALL_PARTS.map((part) => rangeOf(shard, part)));
}

/** The partition in a cursor, and the item after which it goes on there. */
function placeIn(cursor = ''): [number, ItemKey?] {
  const [, partition, kind, key] = /^(\d+) (\S+) (.+)$/s.exec(cursor) ?? [];
  if (kind === undefined || key === undefined) return [0];
  return [Number(partition), { key: string(key), kind: string(kind) }];
}

async function countLive(client: Client, shard: number, now: number): Promise<Count> {
  const KeyConditionExpression = '#shard = :shard';
  const FilterExpression = 'attribute_not_exists(#expiresAt) OR #expiresAt > :now';
  const { Count = 0, LastEvaluatedKey } = await client.ask(
    new QueryCommand({
      TableName: client.table,
      IndexName: KEYS_INDEX,
      Select: 'COUNT',
      Limit: Math.ceil(MAX_COUNT / SHARDS),
      KeyConditionExpression,
      FilterExpression,
      ...expression([KeyConditionExpression, FilterExpression], {
        ':shard': string(keysPartition(shard, 'live')),
        ':now': number(now),
      }),
    }),
  );
  return { count: Count, isAtLeast: LastEvaluatedKey !== undefined };
}
