// What a record that is taken in may replace with one put, as a condition of that put.
import { isDivergentKey } from '../../divergent.ts';
import type { StoredRecord } from '../../record.ts';
import { OLDER, stampValues } from './conditional.ts';
import { expression } from './expression.ts';
import { type Item, number, string } from './item.ts';
import type { ConditionalPut } from './transaction.ts';

export const ABSENT = 'attribute_not_exists(#key)';

export function conditionalPut(TableName: string, Item: Item, condition: string, values: Item): ConditionalPut {
  return {
    TableName,
    Item,
    ConditionExpression: condition,
    ...expression([condition], values),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  };
}

/**
 * The condition that a record replaces nothing, or what is older and not divergent: see `isDivergent`. Nor is what the other
 * node had acknowledged, and may have forgotten by its time to live when it wrote the record: then this has no base. A key of
 * which writes are listed is looked at more closely.
 */
export function replaceable(record: StoredRecord): [condition: string, values: Item] {
  const { key, writer, base, updatedAt } = record;
  if (isDivergentKey(key)) return [`${ABSENT} OR ${OLDER}`, stampValues(record)];
  const any = [`${OLDER} AND #forgetAt <= :writtenAt`];
  if (writer !== undefined) any.push(`${OLDER} AND #writer = :writer`);
  // The base is older than the record.
  if (base) any.push('#epoch < :baseEpoch', '#epoch = :baseEpoch AND #version <= :baseVersion');
  const values = {
    ...stampValues(record),
    ':writtenAt': number(Math.floor(updatedAt / 1000)),
    ...(writer !== undefined && { ':writer': string(writer) }),
    ...(base && { ':baseEpoch': number(base.epoch), ':baseVersion': number(base.version) }),
  };
  return [`${ABSENT} OR attribute_not_exists(#listed) AND (${any.join(' OR ')})`, values];
}

/** Whether the other node may have forgotten an item when it wrote a record. */
export function mayBeForgotten({ forgetAt }: Item, { updatedAt }: StoredRecord): boolean {
  return forgetAt !== undefined && Number(forgetAt.N) <= updatedAt / 1000;
}
