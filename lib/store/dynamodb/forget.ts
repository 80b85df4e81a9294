// Forgets a record: one conditional deletion of its item.
import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import type { Store } from '../store.ts';
import type { Client } from './client.ts';
import { OLDER, SAME, stampValues } from './conditional.ts';
import { expression } from './expression.ts';
import { failedCondition } from './failure.ts';
import { number } from './item.ts';
import { recordKey } from './table.ts';

const DEAD = '((attribute_not_exists(#value) OR #expiresAt < :deadBefore) AND #updatedAt < :deadBefore)';
const FORGETTABLE = `${OLDER} OR (${SAME} AND ${DEAD})`;

export function forgetter(client: Client): Store['forget'] {
  return async (key, stamp, deadBefore) => {
    const names = expression([FORGETTABLE], { ...stampValues(stamp), ':deadBefore': number(deadBefore) });
    const Key = recordKey(key);
    await client
      .ask(new DeleteItemCommand({ TableName: client.table, Key, ConditionExpression: FORGETTABLE, ...names }))
      .catch((error) => {
        if (!failedCondition(error)) throw error;
      });
  };
}
