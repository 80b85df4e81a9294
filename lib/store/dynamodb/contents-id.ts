// The contents id of a table: it stays while the table does, and a table that is made anew, or restored from a backup, has
// another one.
import type { TableDescription } from '@aws-sdk/client-dynamodb';
import { nodeCrypto } from '../../builtin.ts';

/**
 * Its TableId. DynamoDB Local tells none: then a hash of the table's name and of the time when it was made.
 * @returns `undefined` when the description has neither
 */
export function contentsIdOf({ TableId, TableArn, CreationDateTime }: TableDescription): string | undefined {
  if (TableId !== undefined) return TableId;
  if (TableArn === undefined || CreationDateTime === undefined) return undefined;
  // A hash, because a name may be longer than an id that nodes tell each other.
  const text = `${TableArn} ${CreationDateTime.getTime()}`;
  return nodeCrypto().hash('sha256', text, 'hex').slice(0, 32);
}
