// `npm start`: both nodes and the console, in one terminal. One Ctrl-C ends all of them.
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import sirv from 'sirv';
import { ROOT } from './build.ts';
import { assertPortsFree } from './ports.ts';

const SERVERLESS = join(ROOT, 'node_modules/serverless/bin/serverless.js');
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 5000;

const port = (variable: string, fallback: number) => ({ variable, port: Number(process.env[variable] || fallback) });
const ports = {
  primary: port('PRIMARY_PORT', 5000),
  replica: port('REPLICA_PORT', 5001),
  console: port('CONSOLE_PORT', 8000),
};
const primaryUrl = `http://localhost:${ports.primary.port}`;
const replicaUrl = `http://localhost:${ports.replica.port}`;
const children: ChildProcess[] = [];

async function main(): Promise<void> {
  await assertPortsFree([
    ...Object.values(ports),
    port('PRIMARY_LAMBDA_PORT', 5010),
    port('REPLICA_LAMBDA_PORT', 5011),
  ]);
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  console.log('Starting the replica, the primary and the console …');
  await Promise.all([
    startNode('replica', ports.replica.port),
    startNode('primary', ports.primary.port),
    startConsole(),
  ]);
  console.log(greeting());
}

function startNode(stage: string, nodePort: number): Promise<void> {
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
    console.error(`The ${stage} has ended (exit code ${code}); stopping the rest.`);
    process.exitCode = 1;
    stop();
  });
  return untilHealthy(`http://127.0.0.1:${nodePort}/healthz`, stage);
}

/** The emulator's table of routes, which it prints at every log level. */
const BANNER = /^\s*[┌│└]/;

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

function startConsole(): Promise<void> {
  const serve = sirv(join(ROOT, 'ui'), { dev: true });
  const server = createServer((request, response) =>
    serve(request, response, () => void response.writeHead(404).end('Not found')),
  );
  return new Promise((resolve) => server.listen(ports.console.port, '127.0.0.1', resolve));
}

function greeting(): string {
  const isDefault = ports.primary.port === 5000 && ports.replica.port === 5001;
  const query = isDefault
    ? ''
    : `/?primary=${encodeURIComponent(primaryUrl)}&replica=${encodeURIComponent(replicaUrl)}`;
  return `
Tandem is running.
  primary  ${primaryUrl}
  replica  ${replicaUrl}
  console  http://localhost:${ports.console.port}${query}

Try it in another terminal:
  curl -X PUT ${primaryUrl}/key/foo -H "Content-Type: application/json" -d "{\\"value\\":\\"hello\\"}"
  curl ${replicaUrl}/key/foo
  curl ${primaryUrl}/status/foo

Ctrl-C stops everything.
`;
}

let stopping = false;

async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  const gone = Promise.all(
    children.map((child) => child.exitCode ?? new Promise((resolve) => child.once('exit', resolve))),
  );
  for (const child of children) child.kill('SIGTERM');
  await Promise.race([gone, sleep(STOP_LIMIT_MS)]);
  for (const child of children) child.kill('SIGKILL');
  process.exit();
}

main().catch((error: Error) => {
  console.error(`\n${error.message}`);
  process.exitCode = 1;
  void stop();
});
