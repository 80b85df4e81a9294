// A DynamoDB endpoint in a process of its own, and the environment of a function that is deployed beside it.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { tableDefinition } from '../../scripts/table.ts';
import { ask } from '../process.ts';
import type { Usage } from './server.ts';

export type { Usage };

export interface BenchDynamoDb {
  readonly url: string;
  readonly client: DynamoDBClient;
  /** As serverless.yml defines it. */
  createTable(name: string): Promise<void>;
  /** What was asked of it so far, if it is metered. */
  usage(): Promise<Usage>;
  stop(): void;
}

export const REGION = 'eu-central-1';
export const CREDENTIALS = { accessKeyId: 'bench', secretAccessKey: 'bench' };

/** @param isMetered whether it reports what requests consume, which makes it a little slower */
export async function startDynamoDb(isMetered = false): Promise<BenchDynamoDb> {
  const child = fork(join(import.meta.dirname, 'server.ts'), isMetered ? ['metered'] : []);
  const [port] = await once(child, 'message');
  const url = `http://127.0.0.1:${port}`;
  const client = new DynamoDBClient({ endpoint: url, region: REGION, credentials: CREDENTIALS });
  const definition = await tableDefinition();
  return {
    url,
    client,
    createTable: async (TableName) => void (await client.send(new CreateTableCommand({ ...definition, TableName }))),
    usage: () => ask<Usage>(child, {}),
    stop: () => child.disconnect(),
  };
}

export const TOKENS = { PEER_TOKEN: 'bench-peer', WRITE_TOKEN: 'bench-write', READ_TOKEN: 'bench-read' };

export interface Deployed {
  readonly role: 'primary' | 'replica';
  readonly dynamodb: BenchDynamoDb;
  readonly table: string;
  readonly peerUrl: string;
  /** Where tokens and the peer's URL are kept; in the environment without it. */
  readonly parameterStoreUrl?: string;
}

/** All that a deployed function has in its environment; nothing of this process's own. */
export function deployedEnv({ role, dynamodb, table, peerUrl, parameterStoreUrl }: Deployed): Record<string, string> {
  const settings = { PEER_URL: peerUrl, ...TOKENS };
  return {
    ROLE: role,
    STORE: 'dynamodb',
    TABLE_NAME: table,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: 'tandem-bench',
    POWERTOOLS_SERVICE_NAME: `tandem-${role}`,
    POWERTOOLS_METRICS_NAMESPACE: 'Tandem',
    ...(parameterStoreUrl
      ? { AWS_ENDPOINT_URL_SSM: parameterStoreUrl, ...byParameter(Object.keys(settings)) }
      : settings),
  };
}

/** What Parameter Store holds. */
export function parametersOf(peerUrl: string): Record<string, string> {
  const settings = { PEER_URL: peerUrl, ...TOKENS };
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [parameterOf(name), value]));
}

function byParameter(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [`${name}_PARAMETER`, parameterOf(name)]));
}

function parameterOf(name: string): string {
  return `/tandem/${name.toLowerCase().replaceAll('_', '-')}`;
}
