// The DynamoDB endpoint of this machine, for stores that outlive their nodes: dynalite, with its data in a folder.
// `npm run dynamodb` starts it alone, `npm start` along with the nodes.
import type { Server } from 'node:http';
import { join, resolve } from 'node:path';
import { NO_OTHERS } from './browsers/known-pages.ts';
import { isThisMachine } from './browsers/refusal.ts';
import { refuseStrangers } from './browsers/refuse-strangers.ts';
import type { ensureTables } from './dynamodb/tables.ts';
import { ROOT } from './root.ts';
import { shownPath } from './shown-path.ts';
import { endpointPort, type Tables, tablesOf, withoutClientTokens } from './start/configuration.ts';
import type { Part } from './start/part.ts';

const HOST = '127.0.0.1';
/** Marks our endpoint, and says where its data is. */
const FOLDER_HEADER = 'tandem-data';
const ASK_LIMIT_MS = 2000;

const makeTables: typeof ensureTables = async (...args) => (await import('./dynamodb/tables.ts')).ensureTables(...args);

/** The endpoint, with the nodes' usual tables. */
export function dynamodb(): Part {
  const port = endpointPort();
  const folder = resolve(ROOT, process.env.DYNAMODB_PATH || join('.data', 'dynamodb'));
  let server: Server | undefined;

  return {
    ports: [port],

    async start() {
      // Loaded where it is needed: most starts of the nodes do without.
      const { openStore, serverOf } = await import('./dynamodb/store.ts');
      server = serverOf(await openStore(folder));
      answerOurWay(server, folder);
      refuseStrangers(server, NO_OTHERS);
      await listen(server, port.port);
      const { AWS_ENDPOINT_URL_DYNAMODB, TABLE_NAME, ...env } = withoutClientTokens();
      const { endpoint, tables, aws } = tablesOf({ ...env, STORE: 'dynamodb' }) as Tables;
      await makeTables(tables, { endpoint, ...aws });
      return described(endpoint, folder);
    },

    async stop() {
      if (!server?.listening) return;
      const closed = new Promise<Error | undefined>((resolve) => server?.close(resolve));
      server.closeAllConnections();
      const error = await closed;
      if (error) throw error;
    },
  };
}

/**
 * Where the nodes of `npm start` keep their records: at the endpoint that the environment names, at ours if it is
 * running already, or else at one that is started with them.
 */
export async function dynamodbFor({ endpoint, tables, aws }: Tables): Promise<Part> {
  const isGiven = Boolean(process.env.AWS_ENDPOINT_URL_DYNAMODB);
  const folder = isGiven ? undefined : await folderOfRunning(endpoint);
  if (!isGiven && folder === undefined) return dynamodb();
  return {
    ports: [],
    async start() {
      // Elsewhere tables cost money, and are made by a deployment.
      if (isThisMachine(new URL(endpoint).host)) await makeTables(tables, { endpoint, ...aws });
      return folder === undefined ? endpoint : `${described(endpoint, folder)} (was running)`;
    },
  };
}

function described(endpoint: string, folder: string): string {
  return `${endpoint}, data in ${shownPath(folder, ROOT)}`;
}

async function folderOfRunning(url: string): Promise<string | undefined> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(ASK_LIMIT_MS) }).catch(() => undefined);
  const folder = answer?.headers.get(FOLDER_HEADER);
  return folder ? decodeURIComponent(folder) : undefined;
}

function answerOurWay(server: Server, folder: string): void {
  server.prependListener('request', (_, response) => response.setHeader(FOLDER_HEADER, encodeURIComponent(folder)));
  server.on('request', (request) => {
    // dynalite throws when a client goes away in the middle of its request, as a node that is killed does.
    request.removeAllListeners('error').on('error', () => {});
  });
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => server.once('error', reject).listen(port, HOST, resolve));
}
