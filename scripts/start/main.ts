// What `npm start` starts, and what becomes of it.
import { flushCompileCache } from 'node:module';
import type { Role } from '../../lib/role.ts';
import { consolePort, serveConsole } from '../console.ts';
import { dynamodb, dynamodbFor } from '../dynamodb.ts';
import { Launcher } from '../launcher/launcher.ts';
import { type End, endOf } from '../launcher/node-process.ts';
import { ACTIONS, emulator, type NodeCommand, type Place, withoutEmulator } from '../launcher/spawn-node.ts';
import { assertPortsFree, nodePort } from '../ports.ts';
import { COMPILE_CACHE } from '../root.ts';
import { checkDataFiles, configOf, ensurePeerToken, tablesOf } from './configuration.ts';
import { type NodePart, nodePart } from './node.ts';
import type { Part } from './part.ts';
import { whatBecame } from './what-became.ts';

const PARTS: Readonly<Record<string, () => Part>> = {
  replica: () => nodeOf('replica'),
  primary: () => nodeOf('primary'),
  console: () => consoleWith(),
  dynamodb,
};

const FAST = '--fast';
const NODES = ['replica', 'primary'];

type Parts = Readonly<Record<string, Part>>;

/** What the process of a node runs. */
let command: NodeCommand = emulator;
let stores: Parts = {};
let others: Parts = {};
/** Whether all parts have been serving at once: what ends before that could not be started. */
let hasStarted = false;
let stopping = false;

export async function main(args: readonly string[]): Promise<void> {
  await run(args).catch((error: Error) => fail(error));
}

async function run(args: readonly string[]): Promise<void> {
  if (args.includes(FAST)) useServe();
  const names = args.filter((arg) => arg !== FAST);
  const isAll = names.length === 0;
  if (isAll || NODES.every((name) => names.includes(name))) {
    ensurePeerToken();
    checkDataFiles();
  }
  const parts = isAll ? await everything() : named(names);
  const { dynamodb: endpoint, ...rest } = parts;
  stores = endpoint ? { dynamodb: endpoint } : {};
  others = rest;
  await assertPortsFree(Object.values(parts).flatMap(({ ports }) => ports));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
  process.on('uncaughtException', crash);
  console.log(`Starting: ${Object.keys(parts).join(', ')} …`);
  // A node that starts looks for its table.
  const places = { ...(await start(stores)), ...(await start(others)) };
  if (stopping) return;
  hasStarted = true;
  const lines = Object.keys(parts).map((name) => `  ${name.padEnd(8)} ${places[name]}`);
  flushCompileCache();
  console.log(
    `\nTandem is running.\n${lines.join('\n')}\n${isAll ? firstSteps() : ''}\nCtrl-C stops ${isAll ? 'everything' : 'it'}.\n`,
  );
}

function useServe(): void {
  command = withoutEmulator(placeOf);
  // Its processes find there what Node compiled before, types stripped.
  process.env.NODE_COMPILE_CACHE ||= COMPILE_CACHE;
}

function placeOf(role: Role): Place {
  const other = role === 'primary' ? 'replica' : 'primary';
  const peerUrl = process.env[`${other.toUpperCase()}_URL`] || `http://127.0.0.1:${nodePort(other).port}`;
  return { port: nodePort(role).port, peerUrl };
}

async function everything(): Promise<Parts> {
  const [replica, primary] = [nodeOf('replica', true), nodeOf('primary', true)];
  const launcher = new Launcher({ primary: primary.node, replica: replica.node }, ACTIONS);
  const tables = tablesOf();
  return { replica, primary, console: consoleWith(launcher), ...(tables && { dynamodb: await dynamodbFor(tables) }) };
}

function named(names: readonly string[]): Parts {
  const partOf = (name: string): Part => {
    const make = PARTS[name];
    if (make) return make();
    throw new Error(`There is no '${name}' to start; name some of ${Object.keys(PARTS).join(', ')}, or none for all.`);
  };
  return Object.fromEntries(names.map((name) => [name, partOf(name)]));
}

function consoleWith(launcher?: Launcher): Part {
  return { ports: [consolePort()], start: () => serveConsole(launcher) };
}

/** @param isLaunched whether it can be started again from here; if not, all ends with it */
function nodeOf(role: Role, isLaunched = false): NodePart {
  configOf(role);
  const part = nodePart(role, command);
  part.node.on('endedByItself', (end) => {
    if (!isLaunched || !hasStarted) fail(new Error(`The ${role} has ended (${endOf(end)}).`), exitCodeOf(end));
  });
  part.node.on('change', () => {
    if (!isLaunched || !hasStarted || stopping) return;
    const line = whatBecame(part.node, `http://localhost:${consolePort().port}`);
    if (line !== undefined) console.log(line);
  });
  return part;
}

/** That of the node, but a node that could not be started is a failure. */
function exitCodeOf({ code }: End): number {
  return (hasStarted ? code : code || null) ?? 1;
}

/** @returns where each of them is */
async function start(parts: Parts): Promise<Record<string, string>> {
  const started = Object.entries(parts).map(async ([name, part]) => [name, await part.start()] as const);
  return Object.fromEntries(await Promise.all(started));
}

function firstSteps(): string {
  const primary = `http://localhost:${nodePort('primary').port}`;
  const replica = `http://localhost:${nodePort('replica').port}`;
  return `
Try it in another terminal:
  curl -X PUT ${primary}/key/foo -H "Content-Type: application/json" -d "{\\"value\\":\\"hello\\"}"
  curl ${replica}/key/foo
  curl ${primary}/status/foo
`;
}

function fail(error: Error, exitCode = 1): void {
  if (!stopping) {
    console.error(`\n${error.message}`);
    process.exitCode = exitCode;
  }
  void stop();
}

/** The endpoint is dynalite, which throws what it does not expect: when it is stopped, for what is under way then. */
function crash(error: Error): void {
  if (stopping) return;
  console.error(error);
  process.exitCode = 1;
  void stop();
}

async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  // What the nodes have under way still reaches their stores.
  for (const parts of [others, stores]) {
    const ends = await Promise.allSettled(Object.values(parts).map((part) => part.stop?.()));
    for (const end of ends) if (end.status === 'rejected') console.error(end.reason);
  }
  process.exit();
}
