// What any handler with the SDK costs: the empty handler, and a client.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { clientOptions } from '../client-options.ts';

const client = new DynamoDBClient(clientOptions());

export const handler = async () => ({
  statusCode: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ maxAttempts: await client.config.maxAttempts() }),
});
