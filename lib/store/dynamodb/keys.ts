// What the keys index answers: pages of live keys, their number, digests, and the heads of buckets.
import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { BUCKETS_PER_GROUP, bucketOf, digestOf } from '../../digest.ts';
import type { EntryHead, Store } from '../store.ts';
import { compareUtf8 } from '../utf8-order.ts';
import type { Client } from './client.ts';
import { expression } from './expression.ts';
import { headOf, number, string } from './item.ts';
import { merged, pageSizeFor, pages, type Range } from './query.ts';
import { ALL_SHARDS, KEYS_INDEX, keysPartition, SHARDS, shardOfBucket } from './table.ts';

/** A page of a listing looks at so many expired keys at most; then it ends early, with a cursor. */
const MAX_EXPIRED = 2000;
/** Keys are counted up to about so many; beyond, the count says that there are more. */
const MAX_COUNT = 10_000;
/** A page of heads has at most so many, and about so many characters of keys. */
const HEAD_PAGE = { heads: 2000, keyLength: 256 * 1024 };

export function keysOf(client: Client): Pick<Store, 'list' | 'count' | 'groupSums' | 'digests' | 'headsIn'> {
  return {
    async list({ prefix, cursor, limit, now }) {
      const isLater = cursor !== undefined && compareUtf8(cursor, prefix) >= 0;
      const start = isLater ? { after: cursor } : { at: prefix };
      const pageSize = pageSizeFor(limit);
      const ranges = ALL_SHARDS.map(
        (shard): Range => ({
          ...partition(shard, true),
          pageSize,
          ...((isLater || prefix !== '') && { from: start }),
        }),
      );
      const heads: EntryHead[] = [];
      let last: string | undefined;
      let expired = 0;
      for await (const item of merged(client, ranges)) {
        const head = headOf(item);
        if (!head.key.startsWith(prefix)) break;
        const isExpired = Number(item.expiresAt?.N ?? Number.POSITIVE_INFINITY) <= now;
        const isFull = isExpired ? expired === MAX_EXPIRED : heads.length === limit;
        if (isFull) return { heads, cursor: last as string };
        last = head.key;
        if (isExpired) expired++;
        else heads.push(head);
      }
      return { heads };
    },

    async count(now) {
      const counts = await Promise.all(ALL_SHARDS.map((shard) => countLive(client, shard, now)));
      return {
        count: counts.reduce((sum, { count }) => sum + count, 0),
        isAtLeast: counts.some(({ isAtLeast }) => isAtLeast),
      };
    },

    async groupSums() {
      return undefined;
    },

    async digests(groups) {
      const sums = new BigUint64Array(groups.length * BUCKETS_PER_GROUP);
      const placeOf = new Map(groups.map((group, i) => [group, i * BUCKETS_PER_GROUP]));
      const shards = new Set(groups.map((group) => shardOfBucket(group * BUCKETS_PER_GROUP)));
      const partitions = [...shards].flatMap((shard) => [partition(shard, true), partition(shard, false)]);
      await Promise.all(
        partitions.map(async (range) => {
          for await (const items of pages(client, range)) {
            for (const head of items.map(headOf)) {
              const bucket = bucketOf(head.key);
              const place = placeOf.get(Math.floor(bucket / BUCKETS_PER_GROUP));
              if (place === undefined) continue;
              const at = place + (bucket % BUCKETS_PER_GROUP);
              sums[at] = (sums[at] as bigint) + digestOf(head);
            }
          }
        }),
      );
      return sums;
    },

    async headsIn(buckets, cursor) {
      const wanted = new Set(buckets);
      const shards = [...new Set(buckets.map(shardOfBucket))].sort((a, b) => a - b);
      const partitions = shards.flatMap((shard) => [partition(shard, true), partition(shard, false)]);
      const heads: EntryHead[] = [];
      let keyLength = 0;
      const [first, after] = placeIn(cursor);
      for (let i = first; i < partitions.length; i++) {
        const range = { ...(partitions[i] as Range), ...(i === first && after !== '' && { from: { after } }) };
        for await (const items of pages(client, range)) {
          for (const head of items.map(headOf)) {
            if (!wanted.has(bucketOf(head.key))) continue;
            heads.push(head);
            keyLength += head.key.length;
            const isFull = heads.length === HEAD_PAGE.heads || keyLength > HEAD_PAGE.keyLength;
            if (isFull) return { heads, cursor: `${i} ${head.key}` };
          }
        }
      }
      return { heads };
    },
  };
}

function partition(shard: number, isLive: boolean): Range {
  return { index: KEYS_INDEX, partition: ['shard', keysPartition(shard, isLive)], sortKey: 'key' };
}

/** The partition and the key in a cursor. */
function placeIn(cursor = '0 '): [number, string] {
  const space = cursor.indexOf(' ');
  return [Number(cursor.slice(0, space)), cursor.slice(space + 1)];
}

async function countLive(client: Client, shard: number, now: number): Promise<{ count: number; isAtLeast: boolean }> {
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
        ':shard': string(keysPartition(shard, true)),
        ':now': number(now),
      }),
    }),
  );
  return { count: Count, isAtLeast: LastEvaluatedKey !== undefined };
}
