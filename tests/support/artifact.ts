// Nodes made of the built artifact, in this process: each copy of the build is a node with a store of its own. They
// reach each other over real HTTP on the loopback, through a gateway that makes the events.
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { copyArtifact } from './built.ts';
import { type EventOptions, eventOf } from './events.ts';
import { handlersByRoute } from './handlers-by-route.ts';
import { until } from './until.ts';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The body, parsed. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  readonly body: any;
  readonly text: string;
}

export interface ArtifactNode {
  readonly url: string;
  call(method: string, path: string, options?: EventOptions): Promise<Reply>;
  /** What the schedule does every minute. */
  repairAsScheduled(): Promise<void>;
  /** Stops and resumes answering over HTTP; direct calls go on working. */
  readonly server: Server;
}

export interface ArtifactPair {
  readonly primary: ArtifactNode;
  readonly replica: ArtifactNode;
  /** Has a new process take the place of the replica's, at its address, with nothing in its store. */
  restartReplica(): Promise<ArtifactNode>;
  close(): Promise<void>;
}

export const PEER_TOKEN = 'test-peer-token';

type Env = Record<string, string>;

/**
 * @param env further environment variables of both nodes @param own of each alone
 * @param isReady waits until the primary serves, and has filled its replica
 */
export async function artifactPair(
  env: Env = {},
  own: { primary?: Env; replica?: Env } = {},
  isReady = true,
): Promise<ArtifactPair> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-'));
  const [primaryServer, replicaServer] = await Promise.all([listen(), listen()]);
  const primaryUrl = urlOf(primaryServer);
  const replicaUrl = urlOf(replicaServer);
  // Both nodes have one environment, one after the other: what only one has must be gone for the other.
  const neither = Object.fromEntries(Object.keys({ ...own.primary, ...own.replica }).map((name) => [name, '']));
  const common = { ...neither, IS_OFFLINE: 'true', PEER_TOKEN, FAULT_INJECTION: 'on', ...env };
  const asReplica = { ...common, ROLE: 'replica', PEER_URL: primaryUrl, ...own.replica };
  let replicas = 0;
  const startReplica = () => loadNode(join(folder, `replica-${replicas++}`), replicaServer, asReplica);
  const replica = await startReplica();
  const primary = await loadNode(join(folder, 'primary'), primaryServer, {
    ...common,
    ROLE: 'primary',
    PEER_URL: replicaUrl,
    ...own.primary,
  });
  if (isReady) {
    await until(async () => (await primary.call('GET', '/healthz')).status === 200);
    await primary.repairAsScheduled();
  }
  return {
    primary,
    replica,
    restartReplica() {
      replicaServer.removeAllListeners('request');
      return startReplica();
    },
    async close() {
      for (const server of [primaryServer, replicaServer]) {
        server.close();
        server.closeAllConnections();
      }
      await rm(folder, { recursive: true });
    },
  };
}

type Handler = (event: unknown, context: { awsRequestId: string }) => Promise<APIGatewayProxyStructuredResultV2>;

async function loadNode(folder: string, server: Server, env: Record<string, string>): Promise<ArtifactNode> {
  await copyArtifact(folder);
  Object.assign(process.env, env);
  const handlerNames = await handlersByRoute();
  const handlers = new Map<string, Handler>();
  for (const name of new Set(handlerNames.values()))
    handlers.set(name, (await import(join(folder, 'handlers', `${name}.mjs`))).handler);

  const { handler: scheduledRepair } = await import(join(folder, 'handlers/scheduled-repair.mjs'));

  async function call(method: string, path: string, options?: EventOptions): Promise<Reply> {
    const handler = handlers.get(
      handlerNames.get(routeOf(method, path)) ?? (handlerNames.get('*') as string),
    ) as Handler;
    const {
      statusCode = 200,
      headers = {},
      body = '',
    } = await handler(eventOf(method, path, options), { awsRequestId: 'test-request' });
    return {
      status: statusCode,
      headers: headers as Record<string, string>,
      text: body,
      body: body === '' ? undefined : JSON.parse(body),
    };
  }

  server.on('request', async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://gateway');
    const body = Buffer.concat(chunks).toString();
    const reply = await call(request.method ?? 'GET', decodeURIComponent(pathname), {
      headers: request.headers as Record<string, string>,
      ...(searchParams.size > 0 && { query: Object.fromEntries(searchParams) }),
      ...(body !== '' && { body }),
    });
    response.writeHead(reply.status, reply.headers).end(reply.text);
  });
  const repairAsScheduled = () => scheduledRepair({}, { awsRequestId: 'scheduled-request' });
  return { url: urlOf(server), call, repairAsScheduled, server };
}

/** The route as serverless.yml names it; like the emulator, `/key/` is a key without a name. */
function routeOf(method: string, path: string): string {
  const [, keyed] = /^(\/key|\/status|\/divergent)\//.exec(path) ?? [];
  if (/^\/faults\/[^/]+$/.test(path)) return `${method} /faults/{id}`;
  return keyed ? `${method} ${keyed}/{key+}` : `${method} ${path}`;
}

function listen(): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
  });
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}
