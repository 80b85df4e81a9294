// Nodes made of the built artifact, in this process: each copy of the build is a node with a store of its own. They
// reach each other over real HTTP on the loopback, through a gateway that makes the events.
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { ROUTES } from '../../lib/http/routes.ts';
import { buildHandlers } from '../../scripts/build.ts';
import { type EventOptions, eventOf } from './events.ts';
import { until } from './until.ts';

const HANDLERS: Readonly<Record<string, string>> = {
  'GET /key/{key+}': 'get',
  'PUT /key/{key+}': 'put',
  'DELETE /key/{key+}': 'delete',
  'GET /keys': 'list',
  'GET /status/{key+}': 'key-status',
  'GET /status': 'node-status',
  'POST /replicate': 'replicate',
  'GET /digest': 'digest',
  'POST /digest': 'digest',
  'POST /repair': 'repair',
  'GET /faults': 'faults',
  'PUT /faults': 'faults',
  'DELETE /faults': 'faults',
  'GET /healthz': 'health',
  'GET /openapi.json': 'openapi',
};

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
  /** Stops and resumes answering over HTTP; direct calls go on working. */
  readonly server: Server;
}

export interface ArtifactPair {
  readonly primary: ArtifactNode;
  readonly replica: ArtifactNode;
  close(): Promise<void>;
}

export const PEER_TOKEN = 'test-peer-token';

/** @param env further environment variables of both nodes */
export async function artifactPair(env: Record<string, string> = {}): Promise<ArtifactPair> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-'));
  const [primaryServer, replicaServer] = await Promise.all([listen(), listen()]);
  const primaryUrl = urlOf(primaryServer);
  const replicaUrl = urlOf(replicaServer);
  const common = { PEER_TOKEN, FAULT_INJECTION: 'on', ...env };
  const replica = await load(join(folder, 'replica'), replicaServer, {
    ...common,
    ROLE: 'replica',
    PEER_URL: primaryUrl,
  });
  const primary = await load(join(folder, 'primary'), primaryServer, {
    ...common,
    ROLE: 'primary',
    PEER_URL: replicaUrl,
  });
  await until(async () => (await primary.call('GET', '/healthz')).status === 200);
  return {
    primary,
    replica,
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

async function load(folder: string, server: Server, env: Record<string, string>): Promise<ArtifactNode> {
  await buildHandlers(folder);
  Object.assign(process.env, env);
  const names = [...new Set([...Object.values(HANDLERS), 'fallback'])];
  const handlers = new Map<string, Handler>();
  for (const name of names) handlers.set(name, (await import(join(folder, 'handlers', `${name}.mjs`))).handler);

  async function call(method: string, path: string, options?: EventOptions): Promise<Reply> {
    const handler = handlers.get(handlerOf(method, path)) as Handler;
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
  return { url: urlOf(server), call, server };
}

function handlerOf(method: string, path: string): string {
  const isKeyed = /^\/(key|status)\/./s.test(path);
  const route = `${method} ${isKeyed ? `${path.slice(0, path.indexOf('/', 1))}/{key+}` : path}`;
  return ROUTES.some((known) => known === route) ? (HANDLERS[route] as string) : 'fallback';
}

function listen(): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
  });
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}
