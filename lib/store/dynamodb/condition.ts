// The preconditions of lib/store/condition.ts as a condition of DynamoDB's, decided in one step with the write.
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Stamp } from '../../record.ts';
import type { Change } from '../store.ts';
import { number } from './item.ts';

const LIVE = 'attribute_exists(#value) AND (attribute_not_exists(#expiresAt) OR #expiresAt > :now)';

export interface ConditionExpression {
  readonly text: string;
  readonly values: Readonly<Record<string, AttributeValue>>;
}

/** The write must not be of an epoch that is over, nor older than what it replaces, and must be as its client asks. */
export function conditionExpressionOf(
  { contents, epoch, now, condition = {} }: Change,
  updatedAt: number,
): ConditionExpression {
  const values: Record<string, AttributeValue> = {
    ':epoch': number(epoch),
    ':updatedAt': number(updatedAt),
    ':now': number(now),
  };
  const { ifMatch, ifNoneMatch } = condition;
  const all = ['(attribute_not_exists(#key) OR #epoch <= :epoch AND #updatedAt <= :updatedAt)'];
  if (contents === undefined) all.push(LIVE);
  if (ifMatch !== undefined) all.push(matches(ifMatch, 'm', values));
  if (ifNoneMatch !== undefined) all.push(`NOT (${matches(ifNoneMatch, 'n', values)})`);
  return { text: all.join(' AND '), values };
}

/** Has no parentheses around it: DynamoDB refuses those that are not needed. */
function matches(wanted: '*' | readonly Stamp[], name: string, values: Record<string, AttributeValue>): string {
  if (wanted === '*') return LIVE;
  if (wanted.length === 0) return NEVER;
  const stamps = wanted.map(({ epoch, version }, i) => {
    values[`:${name}e${i}`] = number(epoch);
    values[`:${name}v${i}`] = number(version);
    return `#epoch = :${name}e${i} AND #version = :${name}v${i}`;
  });
  return `${LIVE} AND (${stamps.join(' OR ')})`;
}

/** No item is like that. */
const NEVER = 'attribute_exists(#key) AND attribute_not_exists(#key)';
