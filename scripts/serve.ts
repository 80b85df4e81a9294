// `node scripts/serve.ts primary --port 5000 --peer http://127.0.0.1:5001`: one node without the emulator. It serves the
// built artifact over HTTP on this machine only, with the routes and the schedule of serverless.yml, and answers a third
// of a second after its start. Without the options the environment says where it is, as for `npm start`: PRIMARY_PORT,
// REPLICA_PORT, PRIMARY_URL, REPLICA_URL. With `--artifact <folder>` it serves what was built there, and builds nothing.
import type { Server } from 'node:http';
import { parseArgs } from 'node:util';
import type { Role } from '../lib/role.ts';
import { answerBrowsers } from './browsers/cors.ts';
import { knownPages } from './browsers/known-pages.ts';
import { refuseStrangers } from './browsers/refuse-strangers.ts';
import { assertPortsFree, PortError, type PortUse, portOf } from './ports.ts';
import { signOfNode } from './running.ts';
import { presentArtifact } from './serve/artifact.ts';
import { type Functions, loadFunctions } from './serve/functions.ts';
import { functionOf, type Routes, readRoutes } from './serve/routes.ts';
import { createGateway } from './serve/server.ts';

const HOST = '127.0.0.1';
const MINUTE_MS = 60_000;
/** How long requests under way may take to end once the process is told to, in milliseconds. */
const STOP_LIMIT_MS = 5000;
const USUAL_PORTS = { primary: 5000, replica: 5001 };

interface Options {
  readonly role: Role;
  readonly port: PortUse;
  readonly peerUrl: string;
  readonly artifact: string | undefined;
}

/** For the operator: told without a stack trace. */
class UsageError extends Error {}

async function main(): Promise<void> {
  const { role, port, peerUrl, artifact } = optionsOf();
  const routes = await readRoutes();
  const folder = artifact ?? (await presentArtifact());
  let loading: Promise<Functions> | undefined;
  const server = createGateway([...routes.functions.keys()], async (routeKey, event) => {
    return (await (loading as Promise<Functions>)).call(functionOf(routes, routeKey), event);
  });
  answerBrowsers(server, routes.cors);
  refuseStrangers(server, await knownPages());
  stopOnSignals(server);
  // Before the functions: a primary that starts takes over, which it must not do beside one that runs already.
  await listen(server, port);
  Object.assign(process.env, { ROLE: role, PEER_URL: peerUrl, LOG: process.env.LOG || 'silent', IS_OFFLINE: 'true' });
  loading = loadFunctions(folder, [...routes.functions.values(), ...routes.everyMinute]);
  keepSchedule(await loading, routes);
  console.log(`The ${role} is listening at http://${HOST}:${port.port}, its peer is ${peerUrl}.`);
}

/** @throws Error that says what is wrong on the command line or in the environment */
function optionsOf(): Options {
  const { values, positionals } = parseCommandLine();
  const [role] = positionals;
  if (positionals.length !== 1 || (role !== 'primary' && role !== 'replica'))
    throw new UsageError('Say which node to serve: node scripts/serve.ts primary, or replica.');
  const peer = role === 'primary' ? 'replica' : 'primary';
  const port = values.port === undefined ? portFor(role) : { port: Number(values.port), variable: '--port' };
  if (!Number.isInteger(port.port) || port.port < 1 || port.port > 65_535)
    throw new UsageError(`--port must be a port from 1 to 65535, not '${values.port}'.`);
  const peerUrl = values.peer || process.env[`${peer.toUpperCase()}_URL`] || `http://${HOST}:${portFor(peer).port}`;
  return { role, port: { ...port, sign: signOfNode(port.port) }, peerUrl, artifact: values.artifact };
}

function parseCommandLine() {
  const options = { port: { type: 'string' }, peer: { type: 'string' }, artifact: { type: 'string' } } as const;
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function portFor(role: Role): PortUse {
  try {
    return portOf(`${role.toUpperCase()}_PORT`, USUAL_PORTS[role]);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** @throws PortError when the port cannot be had */
async function listen(server: Server, port: PortUse): Promise<void> {
  await assertPortsFree([port]);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port.port, HOST, resolve);
  });
}

function keepSchedule(functions: Functions, { everyMinute }: Routes): void {
  for (const name of everyMinute) {
    setInterval(() => {
      functions.call(name, {}).catch((error) => console.error(`The scheduled ${name} failed:`, error));
    }, MINUTE_MS);
  }
}

/** What is under way is answered first; a second signal ends it at once. */
function stopOnSignals(server: Server): void {
  let isStopping = false;
  const stop = () => {
    if (isStopping || !server.listening) process.exit();
    isStopping = true;
    server.close(() => process.exit());
    setTimeout(() => server.closeAllConnections(), STOP_LIMIT_MS);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
}

main().catch((error: Error) => {
  const isForOperator = error instanceof UsageError || error instanceof PortError || error.name === 'ConfigError';
  console.error(isForOperator ? error.message : error);
  process.exit(1);
});
