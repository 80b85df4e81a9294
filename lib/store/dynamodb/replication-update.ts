// Replaces the state of a record's copy in its item, on conditions.
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { StoredRecord } from '../../record.ts';
import type { Replication } from '../store.ts';
import { SAME, stampValues } from './conditional.ts';
import { expression, update } from './expression.ts';
import { forgetItem, type Item, replicationItem } from './item.ts';
import { recordKey } from './table.ts';

/** Attributes that are removed when the new state lacks them. */
const OPTIONAL = ['attempts', 'earlierAttempts', 'replicatedAt', 'nextAttemptAt', 'backlog', 'backlogAt', 'forgetAt'];

export interface StateCondition {
  readonly text: string;
  readonly values?: Item;
}

/** If the item still has this very stamp, and the condition holds. */
export function replaceState(
  TableName: string,
  record: StoredRecord,
  next: Replication,
  retentionMs: number,
  { text, values = {} }: StateCondition,
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
  const ConditionExpression = `${SAME} AND ${text}`;
  return new UpdateItemCommand({
    TableName,
    Key: recordKey(record.key),
    UpdateExpression,
    ConditionExpression,
    ...expression([UpdateExpression, ConditionExpression], {
      ...stampValues(record),
      ...Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`:${name}`, value])),
      ...values,
    }),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
}
