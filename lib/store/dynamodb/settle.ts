// Stores the outcome of shipping a record in its item, unless the item has changed since.
import { isDeepStrictEqual } from 'node:util';
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { compareStamps, type StoredRecord } from '../../record.ts';
import { settled } from '../replication-state.ts';
import type { Replication, Store } from '../store.ts';
import { type Client, newLimit } from './client.ts';
import { type ReadItem, SAME, stampValues, TRIES, unlessRefused } from './conditional.ts';
import { expression, update } from './expression.ts';
import { contended } from './failure.ts';
import { entryIn, forgetItem, type Item, replicationItem, string } from './item.ts';
import { recordKey } from './table.ts';

/** Replication attributes that are removed when the new state lacks them. */
const OPTIONAL = ['earlierAttempts', 'replicatedAt', 'nextAttemptAt', 'backlog', 'backlogAt', 'forgetAt'];

/** The state that an item is expected to have: its attempts as they are stored, for the condition. */
interface Expected {
  readonly replication: Replication;
  readonly attempts: Item[string] | undefined;
}

export function settler(client: Client, retentionMs: number, read: ReadItem): Store['settle'] {
  return async (record, attempt, nextAttemptAt) => {
    // Nearly always it is the first attempt of a record that nobody else ships: no need to read the item.
    let expected: Expected = { replication: { status: 'pending', attempts: [] }, attempts: undefined };
    const limit = newLimit();
    for (let i = 0; i < TRIES; i++) {
      const next = settled(expected.replication, attempt, nextAttemptAt);
      if (next === expected.replication) return;
      const command = replaceState(client.table, record, expected, next, retentionMs);
      const found = await unlessRefused(record.key, limit, () => client.ask(command, limit), read);
      if (found === true || found === undefined) return;
      const { record: present, replication } = entryIn(found);
      if (replication === undefined || compareStamps(present, record) !== 0) return;
      if (replication.attempts.some((each) => isDeepStrictEqual(each, attempt))) return;
      expected = { replication, attempts: found.attempts };
    }
    throw contended();
  };
}

/** Puts a state in the place of another one, if the item still has that, and this very stamp. */
function replaceState(
  TableName: string,
  record: StoredRecord,
  expected: Expected,
  next: Replication,
  retentionMs: number,
): UpdateItemCommand {
  const attributes = {
    ...replicationItem(record, next),
    ...(next.status === 'replicated' && forgetItem(record, retentionMs)),
  };
  const names = Object.keys(attributes);
  const UpdateExpression = update(
    Object.fromEntries(names.map((name) => [name, `:${name}`])),
    OPTIONAL.filter((name) => !names.includes(name)),
  );
  const unchanged = expected.attempts ? '#attempts = :attemptsBefore' : 'attribute_not_exists(#attempts)';
  const ConditionExpression = `${SAME} AND #status = :statusBefore AND ${unchanged}`;
  const values = {
    ...stampValues(record),
    ...Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`:${name}`, value])),
    ':statusBefore': string(expected.replication.status),
    ...(expected.attempts && { ':attemptsBefore': expected.attempts }),
  };
  return new UpdateItemCommand({
    TableName,
    Key: recordKey(record.key),
    UpdateExpression,
    ConditionExpression,
    ...expression([UpdateExpression, ConditionExpression], values),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
}
