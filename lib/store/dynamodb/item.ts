// Records as items, and back. An item:
//   key, kind                      the primary key: the key of a client, and `record`. A divergent write is listed in an
//                                  item of its own beside that of its key, of the kind `divergent-<epoch>-<version>`
//   value                          JSON text; a tombstone has none
//   epoch, version, updatedAt      its stamp, and when it was written
//   expiresAt                      where it has a time to live
//   status, nextAttemptAt, replicatedAt, attempts, earlierAttempts    the state of its copy. An item that was taken in has
//                                  none at first, and is acknowledged; one that was never tried has no attempts
//   shard                          the partition of the keys index
//   backlog, backlogAt             partition and place in the backlog index, while it is not acknowledged
//   forgetAt                       when DynamoDB may forget it, in seconds
//   writer                         names the contents that wrote it; unknown of a record from before version 0.2
//   baseEpoch, baseVersion         its base, where it has one
//   ownSince                       the epoch since which only its writer has written it, where it has no base
//   remembered                     JSON: the last writes that had an Idempotency-Key, where there were any
//   listed                         names the writes of this key that are listed, by the kinds of their items: see listed.ts
//   writeId                        names the write that made it, to recognise a write whose answer was lost
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import { hashOf } from '../../digest.ts';
import { EPOCH_MS } from '../../limits.ts';
import { deadAt, type StoredRecord } from '../../record.ts';
import type { Lineage } from '../base.ts';
import { headOf } from '../head.ts';
import { isAcknowledged } from '../replication-state.ts';
import type { Entry, EntryHead, Replication, ReplicationStatus } from '../store.ts';
import { keyOf, partitionOf, recordKey, shardOf } from './table.ts';

export type Item = Record<string, AttributeValue>;

/** Room, in milliseconds, for clocks that differ and for processes that have not noticed yet that an epoch is over. */
const MARGIN_MS = 60 * 60 * 1000;

export const number = (value: number) => ({ N: `${value}` });
export const string = (value: string) => ({ S: value });

/** The item of a record that is taken in. */
export function itemOf(record: StoredRecord, replication: Replication | undefined, retentionMs: number): Item {
  const { key, value, epoch, version, updatedAt, expiresAt, base, ownSince = epoch, writer, remembered } = record;
  return {
    ...recordKey(key),
    epoch: number(epoch),
    version: number(version),
    updatedAt: number(updatedAt),
    shard: string(partitionOf(key, value === undefined)),
    ...(value !== undefined && { value: string(value) }),
    ...(expiresAt !== undefined && { expiresAt: number(expiresAt) }),
    ...(base ? { baseEpoch: number(base.epoch), baseVersion: number(base.version) } : { ownSince: number(ownSince) }),
    ...(writer !== undefined && { writer: string(writer) }),
    ...(remembered && { remembered: string(JSON.stringify(remembered)) }),
    ...(replication && replicationItem(record, replication)),
    ...(isAcknowledged(replication) && forgetItem(record, retentionMs)),
  };
}

/** The state of a record's copy, as attributes. */
export function replicationItem(record: StoredRecord, replication: Replication): Item {
  const { status, replicatedAt, nextAttemptAt, attempts, earlierAttempts } = replication;
  return {
    status: string(status),
    ...(attempts.length > 0 && { attempts: string(JSON.stringify(attempts)) }),
    ...(earlierAttempts !== undefined && { earlierAttempts: number(earlierAttempts) }),
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

/** @throws Error naming what is wrong with an item that Tandem cannot have written */
export function entryOf(item: Item, value = item.value?.S): Entry {
  return {
    record: {
      key: keyIn(item),
      epoch: numberIn(item, 'epoch'),
      version: numberIn(item, 'version'),
      updatedAt: numberIn(item, 'updatedAt'),
      ...(value !== undefined && { value }),
      ...(item.expiresAt && { expiresAt: numberIn(item, 'expiresAt') }),
      ...lineageIn(item),
      ...(item.writer && { writer: textIn(item, 'writer') }),
      ...(item.remembered && { remembered: v.parse(Remembered, JSON.parse(textIn(item, 'remembered'))) }),
    },
    ...(item.status && { replication: replicationIn(item) }),
  };
}

function lineageIn(item: Item): Lineage {
  if (item.baseEpoch) return { base: { epoch: numberIn(item, 'baseEpoch'), version: numberIn(item, 'baseVersion') } };
  const isOlder = item.ownSince !== undefined && item.ownSince.N !== item.epoch?.N;
  return isOlder ? { ownSince: numberIn(item, 'ownSince') } : {};
}

/** The key of the record in an item. @throws Error when there is none */
export function keyIn(item: Item): string {
  return keyOf({ key: string(textIn(item, 'key')), kind: string(textIn(item, 'kind')) });
}

function replicationIn(item: Item): Replication {
  const status = STATUSES.find((each) => each === item.status?.S);
  if (status === undefined) throw wrongItem('status');
  return {
    status,
    attempts: item.attempts ? v.parse(Attempts, JSON.parse(textIn(item, 'attempts'))) : [],
    ...(item.earlierAttempts && { earlierAttempts: numberIn(item, 'earlierAttempts') }),
    ...(item.replicatedAt && { replicatedAt: numberIn(item, 'replicatedAt') }),
    ...(item.nextAttemptAt && { nextAttemptAt: numberIn(item, 'nextAttemptAt') }),
  };
}

const STATUSES: readonly ReplicationStatus[] = ['pending', 'replicated', 'replication_failed'];
const Attempts = v.array(
  v.object({
    at: v.number(),
    outcome: v.picklist(['applied', 'same', 'superseded', 'failed']),
    error: v.exactOptional(v.string()),
    durationMs: v.number(),
    by: v.exactOptional(v.string()),
  }),
);

const Remembered = v.array(
  v.object({
    id: v.string(),
    epoch: v.number(),
    version: v.number(),
    at: v.number(),
    created: v.exactOptional(v.boolean()),
    value: v.exactOptional(v.string()),
  }),
);

/** @throws Error when the attribute is missing or no string */
export function textIn(item: Item, attribute: string): string {
  const text = item[attribute]?.S;
  if (text === undefined) throw wrongItem(attribute);
  return text;
}

function numberIn(item: Item, attribute: string): number {
  const value = Number(item[attribute]?.N);
  if (!Number.isFinite(value)) throw wrongItem(attribute);
  return value;
}

/** The message names no key: it may be logged. */
function wrongItem(attribute: string): Error {
  return new Error(`An item of the table is none of Tandem's: its ${attribute} is missing or has another type.`);
}

/** The head of an item of the keys index, which has no value: the partition tells whether there is one. */
export function headOfItem(item: Item): EntryHead {
  const isTombstone = item.shard?.S?.startsWith('dead');
  return headOf(entryOf(item, isTombstone ? undefined : ''));
}
