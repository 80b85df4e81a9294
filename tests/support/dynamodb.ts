// A DynamoDB endpoint for tests: that of this machine in memory, or one that is given.
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  PutItemCommand,
  ScanCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { serverOf, storeInMemory } from '../../scripts/dynamodb/store.ts';
import { type TableDefinition, tableDefinition } from '../../scripts/table.ts';

export interface TestDynamoDb {
  readonly endpoint: string;
  /** For a node, or a store. */
  readonly region: string;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  readonly client: DynamoDBClient;
  /** Makes a table with a name of its own, as serverless.yml defines it but for what `differently` says. */
  createTable(differently?: Partial<TableDefinition>): Promise<string>;
  /** Makes another table with the items of one, as from a backup. */
  restoreTable(from: string): Promise<string>;
  /** Deletes the tables that were made. */
  stop(): Promise<void>;
}

const TABLE_LIMIT_SECONDS = 120;

/** @param given where one answers already, of the region and credentials that the environment names */
export async function startDynamoDb(given?: string): Promise<TestDynamoDb> {
  const server = serverOf(storeInMemory());
  if (!given) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = given ?? `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const {
    AWS_REGION: region = 'local',
    AWS_ACCESS_KEY_ID: accessKeyId = 'local',
    AWS_SECRET_ACCESS_KEY: secretAccessKey = 'local',
    AWS_SESSION_TOKEN: sessionToken,
  } = given ? process.env : {};
  const credentials = { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
  const client = new DynamoDBClient({ endpoint, region, credentials });
  const definition = await tableDefinition();
  const tables: string[] = [];

  const createTable: TestDynamoDb['createTable'] = async (differently = {}) => {
    const TableName = `tandem-test-${randomUUID()}`;
    await client.send(new CreateTableCommand({ ...definition, ...differently, TableName }));
    await waitUntilTableExists({ client, maxWaitTime: TABLE_LIMIT_SECONDS, minDelay: 0.01 }, { TableName });
    tables.push(TableName);
    return TableName;
  };

  return {
    endpoint,
    region,
    credentials,
    client,
    createTable,
    async restoreTable(from) {
      const { Items = [] } = await client.send(new ScanCommand({ TableName: from, ConsistentRead: true }));
      const TableName = await createTable();
      for (const Item of Items) await client.send(new PutItemCommand({ TableName, Item }));
      return TableName;
    },
    async stop() {
      if (given) await Promise.all(tables.map((TableName) => client.send(new DeleteTableCommand({ TableName }))));
      client.destroy();
      if (given) return;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
