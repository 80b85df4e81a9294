// The shape of the table: one item a record, found by `key` and `kind`, and two indexes over the items. serverless.yml
// defines it; here is what the code relies on.
import type { TableDescription } from '@aws-sdk/client-dynamodb';
import { BUCKETS, bucketOf } from '../../digest.ts';
import { divergentKey, divergentWrite, isDivergentKey } from '../../divergent.ts';
import type { NoteName } from '../store.ts';

/**
 * Partitions of an index, since one takes about 1,000 writes a second. A query asks all of them, so that more would make
 * pages dearer. A shard holds whole groups of buckets: see lib/replication/repair/compare.ts.
 */
export const SHARDS = 16;
export const ALL_SHARDS: readonly number[] = Array.from({ length: SHARDS }, (_, shard) => shard);

/** Every record, live, dead and divergent ones apart, in UTF-8 byte order of the keys; without the values. */
export const KEYS_INDEX = 'keys';
/** Only what the replica has not acknowledged, oldest write first. */
export const BACKLOG_INDEX = 'backlog';

const RECORD = 'record';
const DIVERGENT = 'divergent';
const NODE = 'node';

/** The primary key of an item. */
export type ItemKey = Record<'key' | 'kind', { S: string }>;

/**
 * The primary key of a record. That of a divergent write has the key of its client, which leaves it room for 1,024 bytes as
 * the sort key of an index, and a kind of its own, which names the write.
 */
export function recordKey(key: string): ItemKey {
  const write = divergentWrite(key);
  if (write === undefined) return { key: { S: key }, kind: { S: RECORD } };
  return { key: { S: write.key }, kind: { S: `${DIVERGENT}-${write.epoch}-${write.version}` } };
}

/** The key of the record with a primary key. @throws Error when it is not that of a record */
export function keyOf({ key, kind }: ItemKey): string {
  if (kind.S === RECORD) return key.S;
  const [, epoch, version] = DIVERGENT_KIND.exec(kind.S) ?? [];
  if (version === undefined) throw new Error('An item of the table is no record.');
  return divergentKey({ key: key.S, epoch: Number(epoch), version: Number(version) });
}

const DIVERGENT_KIND = new RegExp(`^${DIVERGENT}-(\\d+)-(\\d+)$`);

/** What the node itself keeps beside its records: see node-state.ts. */
export type NodeItem = 'epoch' | 'complete' | 'repair-lock' | 'role' | NoteName;
/** @param name also as version 0.1 called them: see version-0-1.ts */
export const nodeKey = (name: NodeItem | 'reign' | 'note'): ItemKey => ({ key: { S: name }, kind: { S: NODE } });

export function shardOf(key: string): number {
  return shardOfBucket(bucketOf(key));
}

export function shardOfBucket(bucket: number): number {
  return Math.floor(bucket / (BUCKETS / SHARDS));
}

/**
 * What a partition of the keys index holds: keys of clients that have a value, divergent writes that nobody has
 * acknowledged, or tombstones of both. So a listing reads the first only, and a page of divergent writes the second.
 */
export type Part = 'live' | 'divergent' | 'dead';
export const ALL_PARTS: readonly Part[] = ['live', 'divergent', 'dead'];

export function keysPartition(shard: number, part: Part): string {
  return `${part} ${shard}`;
}

/** The partition of the keys index that a record is in. */
export function partitionOf(key: string, isTombstone: boolean): string {
  return keysPartition(shardOf(key), isTombstone ? 'dead' : isDivergentKey(key) ? 'divergent' : 'live');
}

interface Index {
  readonly name: string;
  readonly keys: string;
  /** Attributes that it must hold beside the keys. */
  readonly projected: readonly string[];
}

const INDEXES: readonly Index[] = [
  { name: KEYS_INDEX, keys: 'shard, key', projected: ['epoch', 'version', 'updatedAt', 'expiresAt', 'status'] },
  { name: BACKLOG_INDEX, keys: 'backlog, backlogAt', projected: [] },
];

const KEY_ATTRIBUTES = ['key', 'kind', ...INDEXES.flatMap(({ keys }) => keys.split(', '))];

/** What is wrong with a table, in words; `undefined` if it has the shape that is needed. */
export function flawOf({
  KeySchema,
  AttributeDefinitions = [],
  GlobalSecondaryIndexes = [],
}: TableDescription): string | undefined {
  if (keyNames(KeySchema) !== 'key, kind') return `its key is (${keyNames(KeySchema)}), not (key, kind)`;
  const odd = AttributeDefinitions.find(({ AttributeName, AttributeType }) => {
    return AttributeType !== 'S' && AttributeName !== undefined && KEY_ATTRIBUTES.includes(AttributeName);
  });
  if (odd) return `its key attribute '${odd.AttributeName}' is not a string`;
  for (const { name, keys, projected } of INDEXES) {
    const index = GlobalSecondaryIndexes.find(({ IndexName }) => IndexName === name);
    if (!index) return `it has no index '${name}'`;
    if (keyNames(index.KeySchema) !== keys)
      return `the key of its index '${name}' is (${keyNames(index.KeySchema)}), not (${keys})`;
    const { ProjectionType, NonKeyAttributes = [] } = index.Projection ?? {};
    const missing = projected.filter((attribute) => ProjectionType !== 'ALL' && !NonKeyAttributes.includes(attribute));
    if (missing.length > 0) return `its index '${name}' lacks ${missing.join(', ')}`;
  }
  return undefined;
}

function keyNames(schema: TableDescription['KeySchema'] = []): string {
  return schema.map(({ AttributeName }) => AttributeName).join(', ');
}
