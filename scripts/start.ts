// `npm start`: both nodes and the console, in one terminal; one Ctrl-C ends all of them. With names (`replica`,
// `primary`, `console`) it starts only these.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from './build.ts';
import { consolePort, serveConsole } from './console.ts';
import { assertPortsFree, type PortUse, portOf } from './ports.ts';

const SERVERLESS = join(ROOT, 'node_modules/serverless/bin/serverless.js');
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 5000;
/** The emulator's table of routes, which it prints at every log level. */
const BANNER = /^\s*[┌│└]/;

interface Part {
  readonly ports: readonly PortUse[];
  /** @returns its address, once it serves */
  start(): Promise<string>;
}

const children: ChildProcess[] = [];
let stopping = false;

async function main(names: readonly string[]): Promise<void> {
  const known: Record<string, () => Part> = {
    replica: () => node('replica', 5001),
    primary: () => node('primary', 5000),
    console: theConsole,
  };
  const wanted = names.length > 0 ? names : Object.keys(known);
  const parts = wanted.map((name) => {
    const make = known[name];
    if (!make)
      throw new Error(
        `There is no '${name}' to start; name some of ${Object.keys(known).join(', ')}, or none for all.`,
      );
    return { name, ...make() };
  });
  await assertPortsFree(parts.flatMap(({ ports }) => ports));
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  console.log(`Starting: ${wanted.join(', ')} …`);
  const lines = await Promise.all(parts.map(async ({ name, start }) => `  ${name.padEnd(8)} ${await start()}`));
  const isAll = names.length === 0;
  console.log(
    `\nTandem is running.\n${lines.join('\n')}\n${isAll ? firstSteps() : ''}\nCtrl-C stops ${isAll ? 'everything' : 'it'}.\n`,
  );
}

function node(stage: 'replica' | 'primary', usualPort: number): Part {
  const prefix = stage.toUpperCase();
  const port = portOf(`${prefix}_PORT`, usualPort);
  return {
    ports: [port, portOf(`${prefix}_LAMBDA_PORT`, usualPort + 10)],
    async start() {
      spawnNode(stage);
      await untilHealthy(`http://127.0.0.1:${port.port}/healthz`, stage);
      return `http://localhost:${port.port}`;
    },
  };
}

function theConsole(): Part {
  return { ports: [consolePort()], start: serveConsole };
}

function spawnNode(stage: string): void {
  const child = spawn(process.execPath, [SERVERLESS, 'offline', '--stage', stage], {
    cwd: ROOT,
    env: { SLS_LOG_LEVEL: 'warning', LOG: 'requests', ...process.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      if (line.trim() !== '' && !BANNER.test(line)) console.log(line);
    });
  }
  child.on('exit', (code) => {
    if (stopping) return;
    console.error(`The ${stage} has ended (exit code ${code}).`);
    process.exitCode = 1;
    void stop();
  });
}

async function untilHealthy(url: string, stage: string): Promise<void> {
  const end = performance.now() + START_LIMIT_MS;
  while (!stopping) {
    const healthy = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (healthy) return;
    if (performance.now() > end) throw new Error(`The ${stage} is not ready after ${START_LIMIT_MS / 1000} s.`);
    await sleep(50);
  }
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

async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  const gone = children.map((child) => child.exitCode ?? new Promise((resolve) => child.once('exit', resolve)));
  for (const child of children) child.kill('SIGTERM');
  await Promise.race([Promise.all(gone), sleep(STOP_LIMIT_MS)]);
  for (const child of children) child.kill('SIGKILL');
  process.exit();
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(`\n${error.message}`);
  process.exitCode = 1;
  void stop();
});
