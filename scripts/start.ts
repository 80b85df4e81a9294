// `npm start`: both nodes and the console, and with STORE=dynamodb the endpoint of their stores, in one terminal; one
// Ctrl-C ends all of them. With names (`replica`, `primary`, `console`, `dynamodb`) it starts only these.
import { consolePort, serveConsole } from './console.ts';
import { dynamodb, dynamodbFor } from './dynamodb.ts';
import { assertPortsFree, portOf } from './ports.ts';
import { configOf, ensurePeerToken, tablesOf } from './start/configuration.ts';
import { node } from './start/node.ts';
import type { Part } from './start/part.ts';

const PARTS: Readonly<Record<string, () => Part>> = {
  replica: () => nodeOf('replica', 5001),
  primary: () => nodeOf('primary', 5000),
  console: () => ({ ports: [consolePort()], start: serveConsole }),
  dynamodb,
};

const NODES = ['replica', 'primary'];
const ALL = [...NODES, 'console'];

type Parts = Readonly<Record<string, Part>>;

let stores: Parts = {};
let others: Parts = {};
let stopping = false;

async function main(names: readonly string[]): Promise<void> {
  const isAll = names.length === 0;
  if (isAll || NODES.every((name) => names.includes(name))) ensurePeerToken();
  const parts = isAll ? { ...named(ALL), ...(await storesOfBoth()) } : named(names);
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
  const lines = Object.keys(parts).map((name) => `  ${name.padEnd(8)} ${places[name]}`);
  console.log(
    `\nTandem is running.\n${lines.join('\n')}\n${isAll ? firstSteps() : ''}\nCtrl-C stops ${isAll ? 'everything' : 'it'}.\n`,
  );
}

async function storesOfBoth(): Promise<Parts> {
  const tables = tablesOf();
  return tables ? { dynamodb: await dynamodbFor(tables) } : {};
}

function named(names: readonly string[]): Parts {
  const partOf = (name: string): Part => {
    const make = PARTS[name];
    if (make) return make();
    throw new Error(`There is no '${name}' to start; name some of ${Object.keys(PARTS).join(', ')}, or none for all.`);
  };
  return Object.fromEntries(names.map((name) => [name, partOf(name)]));
}

function nodeOf(role: 'primary' | 'replica', usualPort: number): Part {
  configOf(role);
  return node(role, usualPort, (code) => fail(new Error(`The ${role} has ended (exit code ${code}).`)));
}

/** @returns where each of them is */
async function start(parts: Parts): Promise<Record<string, string>> {
  const started = Object.entries(parts).map(async ([name, part]) => [name, await part.start()] as const);
  return Object.fromEntries(await Promise.all(started));
}

function firstSteps(): string {
  const primary = `http://localhost:${portOf('PRIMARY_PORT', 5000).port}`;
  const replica = `http://localhost:${portOf('REPLICA_PORT', 5001).port}`;
  return `
Try it in another terminal:
  curl -X PUT ${primary}/key/foo -H "Content-Type: application/json" -d "{\\"value\\":\\"hello\\"}"
  curl ${replica}/key/foo
  curl ${primary}/status/foo
`;
}

function fail(error: Error): void {
  if (!stopping) console.error(`\n${error.message}`);
  process.exitCode = 1;
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

main(process.argv.slice(2)).catch(fail);
