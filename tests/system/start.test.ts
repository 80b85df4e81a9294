// `npm start`, as a user runs it: what it prints, what is wrong, Ctrl-C, and what is there the next time.
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { assertPortsFree } from '../../scripts/ports.ts';
import { startDynamoDb } from '../support/dynamodb.ts';
import { writeUntilInSync } from '../support/load.ts';
import { freePorts } from '../support/nodes.ts';
import { ended, FAST, freeEnv, sls, start, stopStarted, untilRunning } from '../support/start.ts';
import { until } from '../support/until.ts';

const ROOT = join(import.meta.dirname, '../..');
const STACK = /^ +at /m;

afterEach(stopStarted);

test.each<[command: string, args: string[]]>([
  ['npm start', []],
  ['npm start -- --fast', ['--fast']],
])(
  '%s starts both nodes and the console, says where they are, logs a line per request, and stops as one',
  async (_, args) => {
    // Meant for a node alone: under npm start it would be that of both.
    const env = { ...(await freeEnv()), PORT: '1', PEER_URL: 'http://127.0.0.1:1' };
    const started = start(env, ...args);
    await until(() => started.output.includes('Ctrl-C stops everything'));
    const { PRIMARY_PORT: primary, REPLICA_PORT: replica, CONSOLE_PORT: consolePort } = env;
    for (const port of [primary, replica, consolePort]) expect(started.output).toContain(`http://localhost:${port}`);
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
    for (const port of [primary, replica, consolePort])
      await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow('fetch failed');
  },
);

test('a port that is taken is named before anything starts, with how to change it', async () => {
  const env = await freeEnv();
  const other = createServer().listen(Number(env.REPLICA_PORT), '127.0.0.1');
  try {
    const started = start(env);
    expect(await ended(started)).toBe(1);
    expect(started.output).toContain(`Port ${env.REPLICA_PORT} is taken by another program`);
    expect(started.output).toContain('REPLICA_PORT=');
    expect(started.output).not.toContain('Starting');
  } finally {
    other.close();
  }
});

describe('started twice', () => {
  test('it says that Tandem is already running, where, and with which ports another one can run beside it', async () => {
    const env = await freeEnv();
    const first = start(env, FAST);
    await untilRunning(first);
    const { PRIMARY_PORT: primary, REPLICA_PORT: replica, CONSOLE_PORT: served } = env;

    const again = start(env);
    expect(await ended(again)).toBe(1);
    const places = [replica, primary, served].map((port) => `http://localhost:${port}`).join(', ');
    expect(again.output).toContain(`Tandem is already running at ${places}.\n`);
    for (const [name, port] of Object.entries(env)) expect(again.output).toContain(`${name}=${Number(port) + 100}`);
    expect(again.output).not.toMatch(/another program|Starting/);
    expect(again.output).not.toMatch(STACK);

    const oneNode = start(env, 'replica');
    expect(await ended(oneNode)).toBe(1);
    expect(oneNode.output).toContain(`Tandem is already running at http://localhost:${replica}.\n`);

    const emulator = sls(['offline', '--stage', 'replica'], env);
    expect(await ended(emulator)).toBe(1);
    expect(emulator.output).toContain(`Tandem is already running at http://localhost:${replica}.\n`);
    expect(emulator.output).toContain(`REPLICA_PORT=${Number(replica) + 100}`);
    expect(emulator.output).not.toMatch(STACK);

    expect(await (await fetch(`http://127.0.0.1:${primary}/healthz`)).json()).toEqual({
      status: 'ok',
      role: 'primary',
    });
    expect(first.child.exitCode).toBeNull();
  });

  test('it names a port that another program has, too', async () => {
    const env = await freeEnv();
    await untilRunning(start(env, FAST, 'replica'));
    const other = createServer().listen(Number(env.CONSOLE_PORT), '127.0.0.1');
    try {
      const again = start(env);
      expect(await ended(again)).toBe(1);
      expect(again.output).toContain(`Tandem is already running at http://localhost:${env.REPLICA_PORT}.\n`);
      expect(again.output).toMatch(/Port \d+ is taken by another program\. Choose another with CONSOLE_PORT/);
      expect(again.output).not.toContain('PRIMARY_PORT');
    } finally {
      other.close();
    }
  });
});

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

test('npx sls offline starts one node on its own, and listens on its port only', async () => {
  const [port, lambdaPort] = await freePorts(2);
  const env = { ...process.env, REPLICA_PORT: `${port}`, SLS_LOG_LEVEL: 'warning' };
  const child = spawn(`npx sls offline --stage replica --lambdaPort ${lambdaPort}`, {
    cwd: ROOT,
    env,
    shell: true,
    detached: process.platform !== 'win32',
  });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  try {
    const health = await until(() => fetch(`http://127.0.0.1:${port}/healthz`));
    expect(await health.json()).toEqual({ status: 'ok', role: 'replica' });
    const invoked = fetch(`http://127.0.0.1:${lambdaPort}/2015-03-31/functions/tandem-replica-repair/invocations`, {
      method: 'POST',
      body: '{}',
    });
    await expect(invoked).rejects.toThrow('fetch failed');
  } finally {
    if (process.platform === 'win32') child.kill();
    else process.kill(-(child.pid as number), 'SIGTERM');
    await gone;
  }
});

describe('with STORE=dynamodb', () => {
  let folder: string;
  let env: Record<string, string>;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tandem-data-'));
    const [port] = await freePorts(1);
    env = { ...(await freeEnv()), STORE: 'dynamodb', DYNAMODB_PORT: `${port}`, DYNAMODB_PATH: folder };
  });
  afterEach(() => rm(folder, { recursive: true }));

  const key = (role: 'PRIMARY' | 'REPLICA') => `http://127.0.0.1:${env[`${role}_PORT`]}/key/foo`;
  const put = (value: unknown) =>
    fetch(key('PRIMARY'), {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ value }),
    });

  test('P5 brings an endpoint along; stopped and started again, both nodes have what they had', async () => {
    const first = start(env);
    await untilRunning(first);
    expect(first.output).toMatch(`dynamodb http://127.0.0.1:${env.DYNAMODB_PORT}, data in ${folder}`);
    // Where the machine is busy, the first write may take longer than it waits for the replica.
    await writeUntilInSync(`http://127.0.0.1:${env.PRIMARY_PORT}`);
    const written = await put('kept');
    expect(written.status).toBe(201);
    first.child.kill('SIGINT');
    expect(await ended(first)).toBe(0);
    await expect(fetch(`http://127.0.0.1:${env.DYNAMODB_PORT}`)).rejects.toThrow('fetch failed');

    const second = start(env);
    await untilRunning(second);
    for (const role of ['PRIMARY', 'REPLICA'] as const) {
      const read = await fetch(key(role));
      expect(read.headers.get('etag')).toBe(written.headers.get('etag'));
      expect(await read.json()).toMatchObject({ value: 'kept' });
    }
    expect(await (await put('changed')).json()).toMatchObject({ version: 2, status: 'replicated' });
    second.child.kill('SIGINT');
    expect(await ended(second)).toBe(0);
    // Where the machine is busy, the endpoint may take longer to start than the store waits; then it is asked again.
    const printed = `${first.output}${second.output}`.split('\n').filter((line) => /error|unavailable/i.test(line));
    expect(printed.filter((line) => !line.includes('The store does not answer. Try again.'))).toEqual([]);
  });

  test('uses an endpoint that is running already, and leaves it running', async () => {
    // It has no clients that need a token.
    const endpoint = start({ ...env, WRITE_TOKEN: 'write' }, 'dynamodb');
    await untilRunning(endpoint);
    const all = start(env, FAST);
    await untilRunning(all);
    expect(all.output).toContain(`data in ${folder} (was running)`);
    expect((await put('kept')).status).toBe(201);
    all.child.kill('SIGINT');
    expect(await ended(all)).toBe(0);

    const primary = start(env, FAST, 'primary');
    await untilRunning(primary);
    expect(await (await fetch(key('PRIMARY'))).json()).toMatchObject({ value: 'kept' });
    const underWay = Array.from({ length: 50 }, (_, i) => put(i));
    await Promise.race(underWay);
    endpoint.child.kill('SIGINT');
    expect(await ended(endpoint)).toBe(0);
    expect(endpoint.output).not.toMatch(STACK);
    const statuses = await Promise.all(underWay.map(async (answer) => (await answer).status));
    expect([200, 202, 503]).toEqual(expect.arrayContaining([...new Set(statuses)]));
    primary.child.kill('SIGINT');
    expect(await ended(primary)).toBe(0);
  });

  test('makes the tables at another endpoint of this machine, and starts none', async () => {
    const other = await startDynamoDb();
    try {
      const started = start({ ...env, AWS_ENDPOINT_URL_DYNAMODB: other.endpoint }, FAST);
      await untilRunning(started);
      expect(started.output).toContain(`dynamodb ${other.endpoint}\n`);
      expect((await put('kept')).status).toBe(201);
      expect(await readdir(folder)).toEqual([]);
      started.child.kill('SIGINT');
      expect(await ended(started)).toBe(0);
    } finally {
      await other.stop();
    }
  });

  test('a port or a folder that another endpoint has is named, with how to change it', async () => {
    await untilRunning(start(env, 'dynamodb'));
    const [port] = await freePorts(1);
    const samePort = start(env, 'dynamodb');
    const sameFolder = start({ ...env, DYNAMODB_PORT: `${port}` }, 'dynamodb');
    expect([await ended(samePort), await ended(sameFolder)]).toEqual([1, 1]);
    expect(samePort.output).toMatch(/^\nPort \d+ is taken by another program\. .* DYNAMODB_PORT=\d+\.\n$/);
    expect(sameFolder.output).toContain(
      `The folder ${folder} is in use by another process. Choose another with DYNAMODB_PATH.\n`,
    );
    expect(sameFolder.output).not.toMatch(STACK);
  });

  test.each([
    [[], { STORE: 'redis' }, "STORE must be 'memory' or 'sqlite' or 'dynamodb', not 'redis'."],
    [[], { TABLE_NAME: 'shared' }, 'TABLE_NAME names the table of one node'],
    [[], { DYNAMODB_PORT: 'x' }, 'DYNAMODB_PORT must be a port'],
    [
      [],
      { CORS_ORIGINS: '*' },
      "CORS_ORIGINS must be origins such as https://app.example, with commas in between; '*'",
    ],
    [['primary'], { WRITE_TOKEN: 'w' }, 'where WRITE_TOKEN is set, give both nodes the same secret PEER_TOKEN.'],
    [['primary'], { TABLE_NAME: 'my table' }, "TABLE_NAME must be the name of a DynamoDB table, not 'my table'."],
    [['primary'], {}, 'nothing answers at http://127.0.0.1:{port}. Start one with `npm run dynamodb`.'],
    [['dynamodb', 'primary'], { TABLE_NAME: 'none' }, "there is no 'none' at http://127.0.0.1:{port}."],
  ])('what is wrong is said in one sentence: start %j with %j', async (names, wrong, sentence) => {
    const started = start({ ...env, ...wrong }, ...names);
    expect(await ended(started)).toBe(1);
    expect(started.output.split(sentence.replace('{port}', env.DYNAMODB_PORT as string))).toHaveLength(2);
    expect(started.output).not.toMatch(STACK);
  });
});
