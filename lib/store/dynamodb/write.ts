// A write: one conditional update of one item. One that depends on what the item has reads it first, and is pinned to that.
import { setTimeout as sleep } from 'node:timers/promises';
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { nodeCrypto } from '../../builtin.ts';
import type { RememberedWrite, Stamp } from '../../record.ts';
import { nextRecord, type Rejection, recordAfter } from '../next-record.ts';
import { initialReplication } from '../replication-state.ts';
import type { Change, Contents, Entry, Store, WriteResult } from '../store.ts';
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

  return inTurns(async (change) => {
    const limit = newLimit();
    const by = await ownName();
    const writeId = nodeCrypto().randomBytes(9).toString('base64url');
    const isReadFirst = dependsOnItem(change);
    let present = isReadFirst ? await read(change.key, limit) : undefined;
    let next = isReadFirst ? nextTry(change, present, by) : firstTry(change);
    let lost: { readonly updatedAt: number; readonly error: Error } | undefined;
    for (let i = 0; i < (isReadFirst ? READ_FIRST_TRIES : TRIES); i++) {
      if ('outcome' in next) return next;
      try {
        const { Attributes } = await client.askOnce(updateCommand(client.table, change, next, writeId, by), limit);
        return written(resultOf(change, next, Attributes, by), Attributes, limit);
      } catch (error) {
        const failed = failedCondition(error);
        if (!failed && !(error instanceof Unanswered)) throw error;
        present = failed?.Item ?? (await read(change.key, limit));
        if (error instanceof Unanswered) lost ??= { updatedAt: next.updatedAt, error };
      }
      const entry = present && entryOf(present);
      if (entry && present?.writeId?.S === writeId) return written(doneBefore(entry), present, limit);
      const before: number = next.updatedAt;
      next = nextTry(change, present, by);
      const isDoneBefore = 'outcome' in next && next.outcome === 'repeated';
      if (lost && !isDoneBefore) {
        // The lost try may have been done and overwritten, or may still be done: the outcome is unknown.
        const updatedAt = entry?.record.updatedAt ?? 0;
        if ('outcome' in next || updatedAt >= lost.updatedAt) throw unavailable(lost.error);
        next = { ...next, updatedAt: lost.updatedAt + 1, pin: pinTo(entry?.record) };
      } else if (!('outcome' in next)) {
        // Others may write on in between, with later times: from the second time on this write goes ahead of them.
        const ahead = isReadFirst || i === 0 ? 0 : 2 ** i;
        next = { ...next, updatedAt: Math.max(before, next.updatedAt + ahead) };
        if (isReadFirst) await sleep(Math.random() * Math.min(LONGEST_PAUSE_MS, 2 ** i), undefined, { signal: limit });
      }
    }
    throw contended();
  });
}

/** Tries of a write that is pinned to the item that was read: others at the same key make it fail each time. */
const READ_FIRST_TRIES = 60;
/** The longest pause between two of them, in milliseconds. */
const LONGEST_PAUSE_MS = 128;

/** Whether an item must be read to know what a write makes of it. */
function dependsOnItem({ contents, idempotencyKey }: Change): boolean {
  return typeof contents === 'function' || idempotencyKey !== undefined;
}

/** Writes of one key that depend on what it has come one after the other, as far as this process makes them. */
function inTurns(write: Store['write']): Store['write'] {
  const last = new Map<string, Promise<unknown>>();
  return (change) => {
    if (!dependsOnItem(change)) return write(change);
    const { key } = change;
    const before = last.get(key) ?? Promise.resolve();
    const result = before.then(() => write(change));
    const done: Promise<unknown> = result.catch(() => {}).then(() => last.get(key) === done && last.delete(key));
    last.set(key, done);
    return result;
  };
}

/**
 * One try of a write. After a try whose answer was lost, a retry is pinned to the item just read and sets a later
 * `updatedAt`, so at most one of the two tries takes effect: the item that was read would have been changed by the lost
 * one, and the lost one, should it arrive yet, does not go back from a later time.
 */
interface Try {
  readonly updatedAt: number;
  /** What it leaves. Absent: nothing, it is a deletion. */
  readonly contents: Contents | undefined;
  /** What the record remembers then. Absent: what it did before. */
  readonly remembered?: readonly RememberedWrite[] | undefined;
  /** Whose record it may replace: its base depends on it. `own` may be no record at all. */
  readonly replaces: keyof typeof REPLACES;
  readonly pin?: ConditionExpression;
}

/** Of a write that need not know what it replaces. */
function firstTry({ contents, now }: Change): Try {
  return { contents: typeof contents === 'function' ? undefined : contents, updatedAt: now, replaces: 'own' };
}

/** @param present the item that is there */
function nextTry(change: Change, present: Item | undefined, by: string): Try | Rejection {
  const entry = present && entryOf(present);
  const next = nextRecord(change, entry, by);
  if ('outcome' in next) return next;
  const { value, expiresAt, updatedAt, remembered } = next.record;
  const contents = value === undefined ? undefined : { value, ...(expiresAt !== undefined && { expiresAt }) };
  const replaces = entry && entry.record.writer !== by ? 'other' : 'own';
  if (!dependsOnItem(change)) return { contents, updatedAt, replaces };
  return { contents, updatedAt, replaces, remembered, pin: pinTo(entry?.record) };
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
  { contents, updatedAt, remembered, replaces, pin }: Try,
  writeId: string,
  by: string,
): UpdateItemCommand {
  const { key, inFlightUntil } = change;
  const { value, expiresAt } = contents ?? {};
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
    ...(remembered && { remembered: string(JSON.stringify(remembered)) }),
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
function resultOf(change: Change, { contents, updatedAt }: Try, before: Item | undefined, writer: string): Written {
  const { record, created } = recordAfter(before && entryOf(before).record, change, contents, writer);
  const replication = initialReplication(change.inFlightUntil);
  return { outcome: 'written', entry: { record: { ...record, updatedAt }, replication }, created };
}

/** The result of a write that had been done although its answer was lost: what it replaced is not known any more. */
function doneBefore(entry: Entry): Written {
  return { outcome: 'written', entry, created: entry.record.version === 1 };
}
