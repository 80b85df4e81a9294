// Records as items, and back. An item:
//   key, kind                      the primary key
//   value                          JSON text; a tombstone has none
//   epoch, version, updatedAt      its stamp, and when it was written
//   expiresAt                      where it has a time to live
//   status, nextAttemptAt, replicatedAt, attempts    on a primary: what is known of its copy
//   shard                          the partition of the keys index
//   backlog, backlogAt             partition and place in the backlog index, while it is not acknowledged
//   forgetAt                       from then on DynamoDB may forget it, in seconds
//   writeId                        of the write that made it, so that a write whose answer is lost can be recognised
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { hashOf } from '../../digest.ts';
import { EPOCH_MS } from '../../limits.ts';
import { deadAt, type StoredRecord } from '../../record.ts';
import { headOf } from '../head.ts';
import { isAcknowledged } from '../replication-state.ts';
import type { Attempt, Entry, EntryHead, Replication, ReplicationStatus } from '../store.ts';
import { keysPartition, recordKey, shardOf } from './table.ts';

export type Item = Record<string, AttributeValue>;

/** Room, in milliseconds, for clocks that differ and for processes that have not noticed yet that an epoch is over. */
const MARGIN_MS = 60 * 60 * 1000;

export const number = (value: number) => ({ N: `${value}` });
export const string = (value: string) => ({ S: value });

/** The whole item of a record that is taken in. */
export function itemOf(record: StoredRecord, replication: Replication | undefined, retentionMs: number): Item {
  const { key, value, epoch, version, updatedAt, expiresAt } = record;
  return {
    ...recordKey(key),
    epoch: number(epoch),
    version: number(version),
    updatedAt: number(updatedAt),
    shard: string(keysPartition(shardOf(key), value !== undefined)),
    ...(value !== undefined && { value: string(value) }),
    ...(expiresAt !== undefined && { expiresAt: number(expiresAt) }),
    ...(replication && replicationItem(record, replication)),
    ...(isAcknowledged(replication) && forgetItem(record, retentionMs)),
  };
}

/** What is known of a record's copy, as attributes. */
export function replicationItem(record: StoredRecord, replication: Replication): Item {
  const { status, replicatedAt, nextAttemptAt, attempts } = replication;
  return {
    status: string(status),
    attempts: string(JSON.stringify(attempts)),
    ...(replicatedAt !== undefined && { replicatedAt: number(replicatedAt) }),
    ...(nextAttemptAt !== undefined && { nextAttemptAt: number(nextAttemptAt) }),
    ...(status !== 'replicated' && backlogItem(record)),
  };
}

/** Its place in the backlog. */
export function backlogItem({ key, updatedAt }: Pick<StoredRecord, 'key' | 'updatedAt'>): Item {
  return {
    backlog: string(`${shardOf(key)}`),
    backlogAt: string(`${`${updatedAt}`.padStart(16, '0')} ${hashOf(key)}`),
  };
}

/** When a record that is or will be dead may be forgotten: not while its epoch may still be written in. */
export function forgetItem(record: StoredRecord, retentionMs: number): Item {
  const dead = deadAt(record);
  if (dead === undefined) return {};
  const forgetAt = Math.max(dead + retentionMs, record.epoch + EPOCH_MS) + MARGIN_MS;
  return { forgetAt: number(Math.ceil(forgetAt / 1000)) };
}

export function entryOf(item: Item, value = item.value?.S): Entry {
  const status = item.status?.S as ReplicationStatus | undefined;
  return {
    record: {
      key: item.key?.S as string,
      epoch: Number(item.epoch?.N),
      version: Number(item.version?.N),
      updatedAt: Number(item.updatedAt?.N),
      ...(value !== undefined && { value }),
      ...(item.expiresAt && { expiresAt: Number(item.expiresAt.N) }),
    },
    ...(status && { replication: replicationOf(item, status) }),
  };
}

function replicationOf({ replicatedAt, nextAttemptAt, attempts }: Item, status: ReplicationStatus): Replication {
  return {
    status,
    attempts: attempts?.S ? (JSON.parse(attempts.S) as Attempt[]) : [],
    ...(replicatedAt && { replicatedAt: Number(replicatedAt.N) }),
    ...(nextAttemptAt && { nextAttemptAt: Number(nextAttemptAt.N) }),
  };
}

/** An entry of the keys index, which has no value: the partition tells whether there is one. */
export function headOfItem(item: Item): EntryHead {
  const isTombstone = item.shard?.S?.startsWith('dead');
  return headOf(entryOf(item, isTombstone ? undefined : ''));
}
