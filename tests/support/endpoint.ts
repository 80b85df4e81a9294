// A DynamoDB endpoint that can be killed: the one of `npm run dynamodb`, with a port and a folder of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  PutItemCommand,
  paginateScan,
  ResourceNotFoundException,
  waitUntilTableExists,
  waitUntilTableNotExists,
} from '@aws-sdk/client-dynamodb';
import { inParallel } from '../../lib/in-parallel.ts';
import { tableDefinition } from '../../scripts/table.ts';
import { freePorts } from './nodes.ts';
import { until } from './until.ts';

const ROOT = join(import.meta.dirname, '../..');
const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };
/** In seconds. */
const SOON = { maxWaitTime: 120, minDelay: 0.01 };

export interface Endpoint {
  /** What makes a node use it. */
  readonly env: Readonly<Record<string, string>>;
  start(): Promise<void>;
  kill(): Promise<void>;
  /** Makes a table with nothing in it, in the place of one of this name if there is one. */
  replaceTable(name: string): Promise<void>;
  /** Makes a table with the items of another one, as a restored backup has them. */
  copyTable(from: string, to: string): Promise<void>;
  /** Ends it, and removes its data. */
  remove(): Promise<void>;
}

export async function startEndpoint(): Promise<Endpoint> {
  const [port] = await freePorts(1);
  const folder = await mkdtemp(join(tmpdir(), 'tandem-data-'));
  const env = { STORE: 'dynamodb', DYNAMODB_PORT: `${port}`, DYNAMODB_PATH: folder };
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'local',
    credentials: CREDENTIALS,
  });
  let child: ChildProcess;

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  }

  const endpoint: Endpoint = {
    env,
    async start() {
      let output = '';
      const started = spawn(process.execPath, [join(ROOT, 'scripts/start.ts'), 'dynamodb'], {
        env: { ...process.env, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      child = started;
      for (const stream of [started.stdout, started.stderr]) stream.on('data', (chunk) => (output += chunk));
      await until(() => {
        if (started.exitCode !== null) throw new Error(`The endpoint did not start:\n${output}`);
        return output.includes('Tandem is running');
      });
    },
    kill: () => end('SIGKILL'),
    async replaceTable(TableName) {
      await client.send(new DeleteTableCommand({ TableName })).catch((error) => {
        if (!(error instanceof ResourceNotFoundException)) throw error;
      });
      await waitUntilTableNotExists({ client, ...SOON }, { TableName });
      await client.send(new CreateTableCommand({ ...(await tableDefinition()), TableName }));
      await waitUntilTableExists({ client, ...SOON }, { TableName });
    },
    async copyTable(from, to) {
      await endpoint.replaceTable(to);
      for await (const { Items = [] } of paginateScan({ client }, { TableName: from })) {
        await inParallel(Items, (Item) => client.send(new PutItemCommand({ TableName: to, Item })));
      }
    },
    async remove() {
      await end('SIGTERM');
      client.destroy();
      await rm(folder, { recursive: true });
    },
  };
  await endpoint.start();
  return endpoint;
}
