// Makes the tables that are not there yet, as serverless.yml defines them.
import {
  CreateTableCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
  ResourceInUseException,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { tableDefinition } from '../table.ts';

/** In seconds. On this machine it takes milliseconds. */
const LIMIT_SECONDS = 20;

/** @throws Error, for people, when a table cannot be made */
export async function ensureTables(names: readonly string[], where: DynamoDBClientConfig): Promise<void> {
  const client = new DynamoDBClient(where);
  const definition = await tableDefinition();
  const ensure = async (TableName: string) => {
    await client.send(new CreateTableCommand({ ...definition, TableName })).catch((error) => {
      if (!(error instanceof ResourceInUseException)) throw error;
    });
    await waitUntilTableExists({ client, maxWaitTime: LIMIT_SECONDS, minDelay: 0.01 }, { TableName });
  };
  try {
    await Promise.all(names.map(ensure));
  } catch (error) {
    throw new Error(`The tables ${names.join(', ')} cannot be made at ${where.endpoint}: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    client.destroy();
  }
}
