// Takes a record of the other node in: one conditional put, the newer stamp wins.
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { compareStamps } from '../../record.ts';
import type { Store } from '../store.ts';
import { type Client, newLimit } from './client.ts';
import { OLDER, type ReadItem, stampValues, TRIES, unlessRefused } from './conditional.ts';
import { expression } from './expression.ts';
import { contended } from './failure.ts';
import { entryIn, itemOf } from './item.ts';

export function applier(client: Client, retentionMs: number, read: ReadItem): Store['apply'] {
  return async (record, replication) => {
    const ConditionExpression = `attribute_not_exists(#key) OR ${OLDER}`;
    const command = new PutItemCommand({
      TableName: client.table,
      Item: itemOf(record, replication, retentionMs),
      ConditionExpression,
      ...expression([ConditionExpression], stampValues(record)),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    const limit = newLimit();
    for (let i = 0; i < TRIES; i++) {
      const found = await unlessRefused(record.key, limit, () => client.ask(command, limit), read);
      if (found === true) return 'applied';
      if (found) return compareStamps(record, entryIn(found).record) === 0 ? 'same' : 'superseded';
    }
    throw contended();
  };
}
