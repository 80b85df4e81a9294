// GET's one call of the SDK, and nothing else.
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { recordKey } from '../../../lib/store/dynamodb/table.ts';
import { clientOptions } from '../client-options.ts';

const client = new DynamoDBClient(clientOptions());
const TableName = process.env.TABLE_NAME;

export const handler = async (key: string) => {
  const { Item } = await client.send(new GetItemCommand({ TableName, Key: recordKey(key), ConsistentRead: true }));
  return { statusCode: Item ? 200 : 404 };
};
