// What replication does to an item: take a record in, note what came of shipping it, forget it.
import { isDeepStrictEqual } from 'node:util';
import { DeleteItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { compareStamps, type Stamp, type StoredRecord } from '../../record.ts';
import { settled } from '../replication-state.ts';
import type { Replication, Store } from '../store.ts';
import { type Client, type Limit, newLimit } from './client.ts';
import { expression, update } from './expression.ts';
import { contended, failedCondition } from './failure.ts';
import { entryOf, forgetItem, type Item, itemOf, number, replicationItem, string } from './item.ts';
import { recordKey } from './table.ts';

/** What meets others at the same key looks again so often at most. */
const TRIES = 10;

const OLDER = '(#epoch < :epoch OR (#epoch = :epoch AND #version < :version))';
const SAME = '(#epoch = :epoch AND #version = :version)';
const stampValues = ({ epoch, version }: Stamp): Item => ({ ':epoch': number(epoch), ':version': number(version) });

/** @param read reads the item of a key as it is now */
export function replicationOn(
  client: Client,
  retentionMs: number,
  read: (key: string, limit: Limit) => Promise<Item | undefined>,
): Pick<Store, 'apply' | 'settle' | 'drop'> {
  const TableName = client.table;

  /** @returns whether the condition held; else what is there */
  async function change(key: string, limit: Limit, ask: () => Promise<unknown>): Promise<true | Item | undefined> {
    try {
      await ask();
      return true;
    } catch (error) {
      const failed = failedCondition(error);
      if (!failed) throw error;
      return failed.Item ?? (await read(key, limit));
    }
  }

  /** Puts `next` in the place of `before`, if that is still what is noted of this very stamp. */
  function note(
    record: StoredRecord,
    before: Replication,
    next: Replication,
    attempts: Item[string] | undefined,
    limit: Limit,
  ): Promise<true | Item | undefined> {
    const { key } = record;
    const attributes = {
      ...replicationItem(record, next),
      ...(next.status === 'replicated' && forgetItem(record, retentionMs)),
    };
    const names = Object.keys(attributes);
    const UpdateExpression = update(
      Object.fromEntries(names.map((name) => [name, `:${name}`])),
      PASSING.filter((name) => !names.includes(name)),
    );
    const unchanged = attempts ? '#attempts = :attemptsBefore' : 'attribute_not_exists(#attempts)';
    const ConditionExpression = `${SAME} AND #status = :statusBefore AND ${unchanged}`;
    const values = {
      ...stampValues(record),
      ...Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`:${name}`, value])),
      ':statusBefore': string(before.status),
      ...(attempts && { ':attemptsBefore': attempts }),
    };
    const command = new UpdateItemCommand({
      TableName,
      Key: recordKey(key),
      UpdateExpression,
      ConditionExpression,
      ...expression([UpdateExpression, ConditionExpression], values),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    return change(key, limit, () => client.ask(command, limit));
  }

  return {
    async apply(record, replication) {
      const ConditionExpression = `attribute_not_exists(#key) OR ${OLDER}`;
      const command = new PutItemCommand({
        TableName,
        Item: itemOf(record, replication, retentionMs),
        ConditionExpression,
        ...expression([ConditionExpression], stampValues(record)),
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      const limit = newLimit();
      for (let i = 0; i < TRIES; i++) {
        const found = await change(record.key, limit, () => client.ask(command, limit));
        if (found === true) return 'applied';
        if (found) return compareStamps(record, entryOf(found).record) === 0 ? 'same' : 'superseded';
      }
      throw contended();
    },

    async settle(record, attempt, nextAttemptAt) {
      // Nearly always it is the first attempt of a record that nobody else ships: no need to read what is noted.
      let before: Replication = { status: 'pending', attempts: [] };
      let attempts: Item[string] | undefined;
      const limit = newLimit();
      for (let i = 0; i < TRIES; i++) {
        const next = settled(before, attempt, nextAttemptAt);
        if (next === before) return;
        const found = await note(record, before, next, attempts, limit);
        if (found === true || found === undefined) return;
        const { record: present, replication } = entryOf(found);
        if (replication === undefined || compareStamps(present, record) !== 0) return;
        if (replication.attempts.some((each) => isDeepStrictEqual(each, attempt))) return;
        before = replication;
        attempts = found.attempts;
      }
      throw contended();
    },

    async drop(key, stamp, before) {
      const dead = '((attribute_not_exists(#value) OR #expiresAt < :before) AND #updatedAt < :before)';
      const ConditionExpression = `${OLDER} OR (${SAME} AND ${dead})`;
      const names = expression([ConditionExpression], { ...stampValues(stamp), ':before': number(before) });
      const command = new DeleteItemCommand({ TableName, Key: recordKey(key), ConditionExpression, ...names });
      await client.ask(command).catch((error) => {
        if (!failedCondition(error)) throw error;
      });
    },
  };
}

/** What an item has of its replication only at times. */
const PASSING = ['replicatedAt', 'nextAttemptAt', 'backlog', 'backlogAt', 'forgetAt'];
