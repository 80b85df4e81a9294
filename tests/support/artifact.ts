// Nodes made of the built artifact, in this process: each copy of the build is a node with a store of its own. They
// reach each other over real HTTP on the loopback, through a gateway that makes the events.
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { Gateway, type Invoke } from '../../scripts/serve/gateway.ts';
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
  const [primaryPlace, replicaPlace] = await Promise.all([listen(), listen()]);
  // Both nodes have one environment, one after the other: what only one has must be gone for the other.
  const neither = Object.fromEntries(Object.keys({ ...own.primary, ...own.replica }).map((name) => [name, '']));
  const common = { ...neither, IS_OFFLINE: 'true', PEER_TOKEN, FAULT_INJECTION: 'on', ...env };
  const asReplica = { ...common, ROLE: 'replica', PEER_URL: primaryPlace.url, ...own.replica };
  let replicas = 0;
  const startReplica = () => loadNode(join(folder, `replica-${replicas++}`), replicaPlace, asReplica);
  const replica = await startReplica();
  const primary = await loadNode(join(folder, 'primary'), primaryPlace, {
    ...common,
    ROLE: 'primary',
    PEER_URL: replicaPlace.url,
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
      replicaPlace.unload();
      return startReplica();
    },
    async close() {
      for (const { server } of [primaryPlace, replicaPlace]) {
        server.close();
        server.closeAllConnections();
      }
      await rm(folder, { recursive: true });
    },
  };
}

type Handler = (event: unknown, context: { awsRequestId: string }) => Promise<APIGatewayProxyStructuredResultV2>;

async function loadNode(folder: string, place: Place, env: Record<string, string>): Promise<ArtifactNode> {
  await copyArtifact(folder);
  Object.assign(process.env, env);
  const handlerNames = await handlersByRoute();
  const handlers = new Map<string, Handler>();
  for (const name of new Set(handlerNames.values()))
    handlers.set(name, (await import(join(folder, 'handlers', `${name}.mjs`))).handler);

  const { handler: scheduledRepair } = await import(join(folder, 'handlers/scheduled-repair.mjs'));

  const invoke: Invoke = (route, event) => {
    const handler = handlers.get(handlerNames.get(route) ?? (handlerNames.get('*') as string)) as Handler;
    return handler(event, { awsRequestId: 'test-request' });
  };

  async function call(method: string, path: string, options?: EventOptions): Promise<Reply> {
    const result = await invoke(routeOf(method, path), eventOf(method, path, options));
    const { statusCode = 200, headers = {}, body = '' } = result;
    return {
      status: statusCode,
      headers: headers as Record<string, string>,
      text: body,
      body: body === '' ? undefined : JSON.parse(body),
    };
  }

  place.load(invoke);
  const repairAsScheduled = () => scheduledRepair({}, { awsRequestId: 'scheduled-request' });
  return { url: place.url, call, repairAsScheduled, server: place.server };
}

/** The route as serverless.yml names it; like the emulator, `/key/` is a key without a name. */
function routeOf(method: string, path: string): string {
  const [, keyed] = /^(\/key|\/status|\/divergent)\//.exec(path) ?? [];
  if (/^\/faults\/[^/]+$/.test(path)) return `${method} /faults/{id}`;
  return keyed ? `${method} ${keyed}/{key+}` : `${method} ${path}`;
}

interface Place {
  readonly server: Server;
  readonly url: string;
  load(invoke: Invoke): void;
  /** Requests wait for the next ones. */
  unload(): void;
}

/** Listens before its functions are loaded: they must know where the other node is. */
async function listen(): Promise<Place> {
  const routes = [...(await handlersByRoute()).keys()];
  let loaded = Promise.withResolvers<Invoke>();
  const { server } = new Gateway({ routes, invoke: async (route, event) => (await loaded.promise)(route, event) });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    server,
    url,
    load: (invoke) => loaded.resolve(invoke),
    unload() {
      loaded = Promise.withResolvers();
    },
  };
}
