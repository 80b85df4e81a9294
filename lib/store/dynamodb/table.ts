// The shape of the table: one item a key, found by `key` and `kind`, and two indexes over the items. serverless.yml
// defines it; here is what the code relies on.
import type { TableDescription } from '@aws-sdk/client-dynamodb';
import { BUCKETS, bucketOf } from '../../digest.ts';

/**
 * Partitions of an index, since one takes about 1,000 writes a second. A query asks all of them, so that more would make
 * pages dearer. A shard holds whole groups of buckets: see lib/replication/repair/compare.ts.
 */
export const SHARDS = 16;
export const ALL_SHARDS: readonly number[] = Array.from({ length: SHARDS }, (_, shard) => shard);

/** Every key, live and dead ones apart, in UTF-8 byte order; without the values. */
export const KEYS_INDEX = 'keys';
/** Only what the replica has not acknowledged, oldest write first. */
export const BACKLOG_INDEX = 'backlog';

const RECORD = 'record';
const NODE = 'node';

export type Kind = typeof RECORD | typeof NODE;

/** The primary key of the item of a key. */
export const recordKey = (key: string) => ({ key: { S: key }, kind: { S: RECORD } });
/** What the node itself keeps beside its records: see node-state.ts. */
export type NodeItem = 'epoch' | 'peer-state' | 'complete' | 'repair-lock';
/** @param name also as version 0.1 called them: see version-0-1.ts */
export const nodeKey = (name: NodeItem | 'reign' | 'note') => ({ key: { S: name }, kind: { S: NODE } });

export function shardOf(key: string): number {
  return shardOfBucket(bucketOf(key));
}

export function shardOfBucket(bucket: number): number {
  return Math.floor(bucket / (BUCKETS / SHARDS));
}

/** The partition of the keys index: a listing reads the live ones only. */
export function keysPartition(shard: number, isLive: boolean): string {
  return `${isLive ? 'live' : 'dead'} ${shard}`;
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
