// `npm start`, as a user runs it: what it prints, a port that is taken, and Ctrl-C.
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { assertPortsFree } from '../../scripts/ports.ts';
import { freePorts } from '../support/nodes.ts';
import { until } from '../support/until.ts';

const ROOT = join(import.meta.dirname, '../..');
const NAMES = ['PRIMARY_PORT', 'REPLICA_PORT', 'CONSOLE_PORT', 'PRIMARY_LAMBDA_PORT', 'REPLICA_LAMBDA_PORT'];

let running: { child: ChildProcess; output: string } | undefined;
afterEach(() => void running?.child.kill('SIGTERM'));

async function start(env: Record<string, string>): Promise<{ child: ChildProcess; output: string }> {
  const child = spawn(process.execPath, [join(ROOT, 'scripts/start.ts')], {
    cwd: ROOT,
    env: { ...process.env, ...env },
  });
  const started = { child, output: '' };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (started.output += chunk));
  running = started;
  return started;
}

test('starts both nodes and the console, says where they are, logs a line per request, and stops as one', async () => {
  const ports = await freePorts(5);
  const env = Object.fromEntries(NAMES.map((name, i) => [name, `${ports[i]}`]));
  const started = await start(env);
  await until(() => started.output.includes('Ctrl-C stops everything'), 60_000);
  const [primary, replica, consolePort] = ports;
  for (const port of ports.slice(0, 3)) expect(started.output).toContain(`http://localhost:${port}`);
  const curls = [...started.output.matchAll(/^ {2}(curl .*)$/gm)];
  expect(curls).toHaveLength(3);

  const url = `http://127.0.0.1:${primary}/key/foo`;
  await fetch(url, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{"value":"hello"}' });
  expect(await (await fetch(`http://127.0.0.1:${replica}/key/foo`)).json()).toMatchObject({ value: 'hello' });
  expect(await (await fetch(`http://127.0.0.1:${consolePort}/`)).text()).toContain('Tandem');
  await until(() => started.output.match(/primary PUT \/key\/foo 201 [\d.]+ ms replicated\n/) !== null);
  expect(started.output.match(/^.*primary PUT \/key\/foo.*$/gm)).toHaveLength(1);

  started.child.kill('SIGINT');
  await until(() => started.child.exitCode !== null || started.child.signalCode !== null);
  for (const port of ports) await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow('fetch failed');
}, 90_000);

test('a port that is taken is named before anything starts, with how to change it', async () => {
  const ports = await freePorts(5);
  const other = createServer().listen(ports[1], '127.0.0.1');
  try {
    const started = await start(Object.fromEntries(NAMES.map((name, i) => [name, `${ports[i]}`])));
    await until(() => started.child.exitCode !== null, 30_000);
    expect(started.child.exitCode).toBe(1);
    expect(started.output).toContain(`Port ${ports[1]} is taken`);
    expect(started.output).toContain('REPLICA_PORT=');
    expect(started.output).not.toContain('Starting');
  } finally {
    other.close();
  }
}, 60_000);

test('a program on the other loopback address counts, too; an address that the machine lacks does not', async () => {
  const [port] = (await freePorts(1)) as [number];
  await expect(assertPortsFree([{ port, variable: 'X_PORT' }])).resolves.toBeUndefined();
  const other = createServer();
  const listens = await new Promise((resolve) => {
    other.once('error', () => resolve(false)).listen(port, '::1', () => resolve(true));
  });
  if (listens) await expect(assertPortsFree([{ port, variable: 'X_PORT' }])).rejects.toThrow(/taken .*X_PORT=/s);
  other.close();
});

test('npx sls offline starts one node on its own', async () => {
  const [port, lambdaPort] = await freePorts(2);
  const env = {
    ...process.env,
    REPLICA_PORT: `${port}`,
    REPLICA_LAMBDA_PORT: `${lambdaPort}`,
    SLS_LOG_LEVEL: 'warning',
  };
  const child = spawn('npx sls offline --stage replica', {
    cwd: ROOT,
    env,
    shell: true,
    detached: process.platform !== 'win32',
  });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  try {
    const health = await until(() => fetch(`http://127.0.0.1:${port}/healthz`), 60_000);
    expect(await health.json()).toEqual({ status: 'ok', role: 'replica' });
  } finally {
    if (process.platform === 'win32') child.kill();
    else process.kill(-(child.pid as number), 'SIGTERM');
    await gone;
  }
}, 90_000);
