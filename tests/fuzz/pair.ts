// The pair that is fuzzed: the functions of the built artifact, twice, each node behind the gateway of scripts/serve.ts. All of
// it is in this process, so that its memory can be measured, and an error that nobody catches is seen.
import { cp, mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Role } from '../../lib/role.ts';
import { type Functions, loadFunctions } from '../../scripts/serve/functions.ts';
import { Gateway, type Invoke } from '../../scripts/serve/gateway.ts';
import { readRoutes } from '../../scripts/serve/read-routes.ts';
import { functionOf, type Routes } from '../../scripts/serve/routes.ts';
import { PEER_TOKEN } from '../support/compare-nodes.ts';

export interface FuzzedNode {
  readonly name: Role;
  readonly url: string;
  readonly port: number;
  readonly routes: readonly string[];
  /** Calls the function of a route with an event. */
  readonly invoke: Invoke;
}

export interface FuzzedPair {
  readonly primary: FuzzedNode;
  readonly replica: FuzzedNode;
  stop(): Promise<void>;
}

/** Something in the place of the functions of a node: a test puts a bug there. */
export type Disguise = (invoke: Invoke) => Invoke;

/** @param artifact the folder of the built artifact */
export async function startFuzzedPair(artifact: string, disguise: Disguise = (invoke) => invoke): Promise<FuzzedPair> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-fuzz-'));
  const routes = await readRoutes();
  const members = { primary: await listen(routes, disguise), replica: await listen(routes, disguise) };
  for (const role of ['replica', 'primary'] as const) {
    const home = join(folder, role);
    await cp(artifact, home, { recursive: true });
    const peer = members[role === 'primary' ? 'replica' : 'primary'];
    // The functions read it once, when they are loaded.
    Object.assign(process.env, { ...ENVIRONMENT, ROLE: role, PEER_URL: peer.url });
    members[role].load(await loadFunctions(home, routes.functions.values()));
  }
  const nodeOf = (name: Role): FuzzedNode => ({ name, routes: [...routes.functions.keys()], ...members[name] });
  return {
    primary: nodeOf('primary'),
    replica: nodeOf('replica'),
    async stop() {
      for (const { server } of Object.values(members)) {
        const closed = new Promise((resolve) => server.close(resolve));
        server.closeAllConnections();
        await closed;
      }
      await rm(folder, { recursive: true });
    },
  };
}

const ENVIRONMENT = {
  STORE: 'memory',
  LOG: 'silent',
  IS_OFFLINE: 'true',
  FAULT_INJECTION: 'on',
  PEER_TOKEN,
  WRITE_TOKEN: '',
  READ_TOKEN: '',
  MEMORY_LIMIT_MB: '200',
};

interface Member {
  readonly server: Server;
  readonly url: string;
  readonly port: number;
  readonly invoke: Invoke;
  load(functions: Functions): void;
}

async function listen(routes: Routes, disguise: Disguise): Promise<Member> {
  const loaded = Promise.withResolvers<Functions>();
  const invoke = disguise(async (routeKey, event) => {
    return (await loaded.promise).call(functionOf(routes, routeKey), event);
  });
  const { server } = new Gateway({ routes: routes.functions.keys(), invoke });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { server, port, url: `http://127.0.0.1:${port}`, invoke, load: loaded.resolve };
}
