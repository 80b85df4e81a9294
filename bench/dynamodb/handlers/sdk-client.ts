// What any handler with the SDK costs: the empty handler, and a client, with the options of lib/store/dynamodb/client.ts.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

const { env } = process;
const client = new DynamoDBClient({
  region: env.AWS_REGION as string,
  endpoint: env.AWS_ENDPOINT_URL_DYNAMODB as string,
  credentials: {
    accessKeyId: env.AWS_ACCESS_KEY_ID as string,
    secretAccessKey: env.AWS_SECRET_ACCESS_KEY as string,
  },
  maxAttempts: 1,
});

export const handler = async () => ({
  statusCode: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ maxAttempts: await client.config.maxAttempts() }),
});
