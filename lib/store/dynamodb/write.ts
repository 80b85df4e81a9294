// A write: one conditional update of one item.
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { nodeCrypto } from '../../builtin.ts';
import { isLive, type Stamp, type StoredRecord } from '../../record.ts';
import { lineageAfter } from '../base.ts';
import { rejectionOf } from '../condition.ts';
import { initialReplication } from '../replication-state.ts';
import type { Change, Entry, Store, WriteResult } from '../store.ts';
import { newLimit, type OperationLimit } from './client.ts';
import { type ConditionExpression, conditionExpressionOf } from './condition.ts';
import { TRIES } from './conditional.ts';
import { expression, update } from './expression.ts';
import { contended, failedCondition, Unanswered, unavailable } from './failure.ts';
import { backlogItem, entryOf, type Item, number, string } from './item.ts';
import { dismissSeen, type ListedOptions, listedOf } from './listed.ts';
import { partitionOf, recordKey } from './table.ts';

/** Attributes that a write removes, whatever they were. */
const REMOVED = ['replicatedAt', 'attempts', 'earlierAttempts', 'forgetAt'];

type Written = Extract<WriteResult, { outcome: 'written' }>;

export function writer(options: ListedOptions): Store['write'] {
  const { client, read, ownName } = options;

  /** What is listed of the key may have been seen: its item names it, whatever else a write changes. */
  async function written(result: Written, item: Item | undefined, limit: OperationLimit): Promise<WriteResult> {
    if (!item || listedOf(item).length === 0) return result;
    const { record } = result.entry;
    const done = { by: record, replaced: entryOf(item).record };
    const hasDismissed = await dismissSeen(options, record.key, limit, done);
    return hasDismissed ? { ...result, hasDismissed } : result;
  }

  return async (change) => {
    const limit = newLimit();
    const by = await ownName();
    const writeId = nodeCrypto().randomBytes(9).toString('base64url');
    let next: Try = { updatedAt: change.now, replaces: 'own' };
    let lost: { readonly updatedAt: number; readonly error: Error } | undefined;
    for (let i = 0; i < TRIES; i++) {
      let present: Item | undefined;
      try {
        const { Attributes } = await client.askOnce(updateCommand(client.table, change, next, writeId, by), limit);
        return written(resultOf(change, next.updatedAt, Attributes, by), Attributes, limit);
      } catch (error) {
        const failed = failedCondition(error);
        if (!failed && !(error instanceof Unanswered)) throw error;
        present = failed?.Item ?? (await read(change.key, limit));
        if (error instanceof Unanswered) lost ??= { updatedAt: next.updatedAt, error };
      }
      const entry = present && entryOf(present);
      if (entry && present?.writeId?.S === writeId) return written(doneBefore(entry), present, limit);
      const rejected = rejectionOf(change, entry);
      const updatedAt = entry?.record.updatedAt ?? 0;
      const replaces = entry && entry.record.writer !== by ? 'other' : 'own';
      if (lost) {
        // The lost try may have been done and overwritten, or may still be done: the outcome is unknown.
        if (rejected || updatedAt >= lost.updatedAt) throw unavailable(lost.error);
        next = { updatedAt: lost.updatedAt + 1, replaces, pin: pinTo(entry?.record) };
      } else {
        if (rejected) return rejected;
        // Others may write on in between, with later times: from the second time on this write goes ahead of them.
        next = { updatedAt: Math.max(next.updatedAt, updatedAt + (i === 0 ? 0 : 2 ** i)), replaces };
      }
    }
    throw contended();
  };
}

/**
 * One try of a write. After a try whose answer was lost, a retry is pinned to the item just read and sets a later
 * `updatedAt`, so at most one of the two tries takes effect: the item that was read would have been changed by the lost
 * one, and the lost one, should it arrive yet, does not go back from a later time.
 */
interface Try {
  readonly updatedAt: number;
  /** Whose record it may replace: its base depends on it. `own` may be no record at all. */
  readonly replaces: keyof typeof REPLACES;
  readonly pin?: ConditionExpression;
}

/**
 * An update cannot tell whose item it replaces and set the base by it. So a try says whose it is, and is refused where that
 * is wrong: an own item keeps its base and its `ownSince`, the stamp of another one becomes the base.
 */
const REPLACES = {
  own: {
    condition: '(attribute_not_exists(#key) OR #writer = :writer)',
    set: { ownSince: 'if_not_exists(#ownSince, :epoch)' },
    remove: [],
  },
  other: {
    condition: 'attribute_exists(#key) AND (attribute_not_exists(#writer) OR #writer <> :writer)',
    set: { baseEpoch: '#epoch', baseVersion: '#version' },
    remove: ['ownSince'],
  },
} as const;

function pinTo(present: Stamp | undefined): ConditionExpression {
  if (!present) return { text: 'attribute_not_exists(#key)', values: {} };
  const { epoch, version } = present;
  return {
    text: '#epoch = :pinnedEpoch AND #version = :pinnedVersion',
    values: { ':pinnedEpoch': number(epoch), ':pinnedVersion': number(version) },
  };
}

function updateCommand(
  TableName: string,
  change: Change,
  { updatedAt, replaces, pin }: Try,
  writeId: string,
  by: string,
): UpdateItemCommand {
  const { key, value, expiresAt, inFlightUntil } = change;
  const { text, values } = conditionExpressionOf(change, updatedAt);
  const attributes: Item = {
    ...backlogItem({ key, updatedAt }),
    updatedAt: number(updatedAt),
    status: string('pending'),
    nextAttemptAt: number(inFlightUntil),
    shard: string(partitionOf(key, value === undefined)),
    writeId: string(writeId),
    writer: string(by),
    ...(value !== undefined && { value: string(value) }),
    ...(expiresAt !== undefined && { expiresAt: number(expiresAt) }),
  };
  const set = Object.fromEntries(Object.keys(attributes).map((name) => [name, `:${name}`]));
  const remove = [
    ...REMOVED,
    ...REPLACES[replaces].remove,
    ...(value === undefined ? ['value'] : []),
    ...(expiresAt === undefined ? ['expiresAt'] : []),
  ];
  const UpdateExpression = update(
    { version: 'if_not_exists(#version, :zero) + :one', epoch: ':epoch', ...set, ...REPLACES[replaces].set },
    remove,
  );
  const ConditionExpression = [text, REPLACES[replaces].condition, ...(pin ? [pin.text] : [])].join(' AND ');
  return new UpdateItemCommand({
    TableName,
    Key: recordKey(key),
    UpdateExpression,
    ConditionExpression,
    ...expression([UpdateExpression, ConditionExpression], {
      ...values,
      ...pin?.values,
      ...Object.fromEntries(Object.entries(attributes).map(([name, attribute]) => [`:${name}`, attribute])),
      ':zero': number(0),
      ':one': number(1),
    }),
    ReturnValues: 'ALL_OLD',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
}

/** @param before the item that was replaced @param writer names the present contents */
function resultOf(change: Change, updatedAt: number, before: Item | undefined, writer: string): Written {
  const { key, value, expiresAt, epoch, now, inFlightUntil } = change;
  const old = before && entryOf(before).record;
  const record: StoredRecord = {
    key,
    epoch,
    version: (old?.version ?? 0) + 1,
    updatedAt,
    ...(value !== undefined && { value }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...lineageAfter(old, writer, epoch),
    writer,
  };
  const created = !(old && isLive(old, now));
  return { outcome: 'written', entry: { record, replication: initialReplication(inFlightUntil) }, created };
}

/** The result of a write that had been done although its answer was lost: what it replaced is not known any more. */
function doneBefore(entry: Entry): Written {
  return { outcome: 'written', entry, created: entry.record.version === 1 };
}
