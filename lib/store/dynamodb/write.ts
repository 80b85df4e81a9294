// A write: one conditional update of one item.
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { nodeCrypto } from '../../builtin.ts';
import { isLive, type StoredRecord } from '../../record.ts';
import { refusalOf } from '../condition.ts';
import { initialReplication } from '../replication-state.ts';
import type { Change, WriteResult } from '../store.ts';
import { type Client, type Limit, newLimit } from './client.ts';
import { type ConditionExpression, conditionOf } from './condition.ts';
import { expression, update } from './expression.ts';
import { contended, failedCondition, Unanswered, unavailable } from './failure.ts';
import { backlogItem, entryOf, type Item, number, string } from './item.ts';
import { keysPartition, recordKey, shardOf } from './table.ts';

/** A write that meets others of its key starts again so often at most. */
const TRIES = 10;
const REMOVED = ['replicatedAt', 'attempts', 'forgetAt'];

/** @param read reads the item of a key as it is now */
export function writer(client: Client, read: (key: string, limit: Limit) => Promise<Item | undefined>) {
  /** @throws Unanswered, ConditionalCheckFailedException */
  async function attempt(
    change: Change,
    { updatedAt, pin }: Try,
    writeId: string,
    limit: Limit,
  ): Promise<Item | undefined> {
    const { key, value, expiresAt, leaseUntil } = change;
    const { text, values } = conditionOf(change, updatedAt);
    const set = {
      version: 'if_not_exists(#version, :zero) + :one',
      epoch: ':epoch',
      updatedAt: ':updatedAt',
      status: ':pending',
      nextAttemptAt: ':leaseUntil',
      shard: ':shard',
      backlog: ':backlog',
      backlogAt: ':backlogAt',
      writeId: ':writeId',
      ...(value !== undefined && { value: ':value' }),
      ...(expiresAt !== undefined && { expiresAt: ':expiresAt' }),
    };
    const remove = [
      ...REMOVED,
      ...(value === undefined ? ['value'] : []),
      ...(expiresAt === undefined ? ['expiresAt'] : []),
    ];
    const UpdateExpression = update(set, remove);
    const ConditionExpression = pin ? `${text} AND ${pin.text}` : text;
    const { backlog, backlogAt } = backlogItem({ key, updatedAt });
    const { Attributes } = await client.askOnce(
      new UpdateItemCommand({
        TableName: client.table,
        Key: recordKey(key),
        UpdateExpression,
        ConditionExpression,
        ...expression([UpdateExpression, ConditionExpression], {
          ...values,
          ...pin?.values,
          ':zero': number(0),
          ':one': number(1),
          ':pending': string('pending'),
          ':leaseUntil': number(leaseUntil),
          ':shard': string(keysPartition(shardOf(key), value !== undefined)),
          ':backlog': backlog as Item[string],
          ':backlogAt': backlogAt as Item[string],
          ':writeId': string(writeId),
          ':value': string(value ?? ''),
          ':expiresAt': number(expiresAt ?? 0),
        }),
        ReturnValues: 'ALL_OLD',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
      limit,
    );
    return Attributes;
  }

  return async (change: Change): Promise<WriteResult> => {
    const limit = newLimit();
    const writeId = nodeCrypto().randomBytes(9).toString('base64url');
    let next: Try = { updatedAt: change.updatedAt ?? change.now };
    let lost: { readonly updatedAt: number; readonly error: Error } | undefined;
    for (let i = 0; i < TRIES; i++) {
      let present: Item | undefined;
      try {
        return resultOf(change, next.updatedAt, await attempt(change, next, writeId, limit));
      } catch (error) {
        const failed = failedCondition(error);
        if (!failed && !(error instanceof Unanswered)) throw error;
        present = failed?.Item ?? (await read(change.key, limit));
        if (error instanceof Unanswered) lost ??= { updatedAt: next.updatedAt, error };
      }
      if (present?.writeId?.S === writeId) return doneBefore(present);
      const refused = refusalOf(change, present && entryOf(present));
      const updatedAt = present ? entryOf(present).record.updatedAt : 0;
      if (lost) {
        // Done and overwritten, or to be refused unless it is done yet: nobody knows.
        if (refused || updatedAt >= lost.updatedAt) throw unavailable(lost.error);
        next = { updatedAt: lost.updatedAt + 1, pin: pinTo(present) };
      } else {
        if (refused) return refused;
        // Others may write on in between, with later times: from the second time on this one goes ahead of them.
        next = { updatedAt: Math.max(next.updatedAt, updatedAt + (i === 0 ? 0 : 2 ** i)) };
      }
    }
    throw contended();
  };
}

/**
 * How a write is tried. After a try whose answer was lost, which may yet arrive, the next one excludes it: times of
 * writing never go back, so that an item from before that time has not been written by it. The next try asks for this
 * very item, which the lost one would have changed, and sets a later time, which the lost one does not go back from.
 */
interface Try {
  readonly updatedAt: number;
  readonly pin?: ConditionExpression;
}

function pinTo(present: Item | undefined): ConditionExpression {
  if (!present) return { text: 'attribute_not_exists(#key)', values: {} };
  const { epoch, version } = entryOf(present).record;
  return {
    text: '#epoch = :pinnedEpoch AND #version = :pinnedVersion',
    values: { ':pinnedEpoch': number(epoch), ':pinnedVersion': number(version) },
  };
}

/** @param before the item that was replaced */
function resultOf(change: Change, updatedAt: number, before: Item | undefined): WriteResult {
  const { key, value, expiresAt, epoch, now, leaseUntil } = change;
  const old = before && entryOf(before).record;
  const record: StoredRecord = {
    key,
    epoch,
    version: (old?.version ?? 0) + 1,
    updatedAt,
    ...(value !== undefined && { value }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
  const created = !(old && isLive(old, now));
  return { outcome: 'written', entry: { record, replication: initialReplication(leaseUntil) }, created };
}

/** Of a write that had been done although its answer was lost: what it replaced is not known any more. */
function doneBefore(item: Item): WriteResult {
  const entry = entryOf(item);
  return { outcome: 'written', entry, created: entry.record.version === 1 };
}
