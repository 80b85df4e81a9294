// The package that `npm run package` makes: installed into an empty folder, without a registry, it type-checks and runs there.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { npm } from '../support/npm.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');

let folder: string;
beforeAll(async () => {
  const made = (await npm(['run', '--silent', 'package'], ROOT)).trim();
  folder = await mkdtemp(join(tmpdir(), 'tandem-package-'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await npm(['install', '--offline', '--no-audit', '--no-fund', made], folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Writes a program there. @returns its path */
async function program(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

/** @returns what a program printed there */
async function node(...args: string[]): Promise<string> {
  return (await run(process.execPath, args, { cwd: folder, env: { ...process.env, NODE_OPTIONS: '' } })).stdout;
}

describe('installed', () => {
  test('it is one package, without dependencies', async () => {
    const { packages } = JSON.parse(await readFile(join(folder, 'node_modules/.package-lock.json'), 'utf8'));
    expect(Object.keys(packages)).toEqual(['node_modules/tandem']);
  });

  test('it tells the licences of what is in it', async () => {
    const text = await readFile(join(folder, 'node_modules/tandem/dist/LICENCES.txt'), 'utf8');
    for (const name of ['valibot', '@aws-sdk/client-dynamodb', '@middy/core']) expect(text).toContain(name);
    expect(text).toContain('Apache License');
  });

  test.each([
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ])('a program type-checks against it, with module %s and the resolution %s', async (module, moduleResolution) => {
    const program = `
      import { createClient, isTandemError, type Entry } from 'tandem/client';
      import { keyvStore } from 'tandem/keyv';
      import { unstorageDriver } from 'tandem/unstorage';
      const kv = createClient({ primary: 'http://localhost:5000', replica: 'http://localhost:5001', readFrom: 'nearest' });
      const entry: Entry<{ name: string }> | undefined = await kv.get<{ name: string }>('user/ada');
      const name: string | undefined = entry?.value.name;
      const sum: number = (await kv.increment('visits')).value;
      for await (const { key, value } of kv.list<string>({ prefix: 'a', values: true })) console.log(key.length, value.length);
      for await (const { key } of kv.list()) console.log(key);
      for await (const { deleted, value } of kv.changes<number>({ values: true })) console.log(deleted, value?.toFixed());
      const [put, read] = await kv.batch([{ op: 'put', key: 'a', value: 1 }, { op: 'get', key: 'b' }]);
      if (put.status === 'fulfilled') console.log(put.value.version);
      if (read.status === 'fulfilled') console.log(read.value?.value);
      try {
        await kv.put('a', 1, { ifMatch: entry?.etag });
      } catch (error) {
        if (isTandemError(error, 'precondition_failed')) console.log(error.details.currentVersion, name, sum);
      }
      // @ts-expect-error: there is no such option
      await kv.put('a', 1, { tll: 1 });
      // @ts-expect-error: a key of a list has no value, unless it is asked for
      for await (const { value } of kv.list()) console.log(value);
      console.log(keyvStore(kv), unstorageDriver(kv));
    `;
    await writeFile(join(folder, 'program.ts'), program);
    const compilerOptions = {
      ...{ module, moduleResolution, target: 'es2022', lib: ['es2022', 'dom'], types: [] },
      ...{ strict: true, noEmit: true, skipLibCheck: false },
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }));
    const outcome = await node(TSC, '-p', folder).catch(({ stdout }) => stdout);
    expect(outcome).toBe('');
  });

  test('what starts nodes type-checks, too', async () => {
    const program = `
      import { type LocalNode, startNode } from 'tandem';
      import { startPair, type TestPair } from 'tandem/testing';
      const node: LocalNode = await startNode({ role: 'primary', port: 5000, peer: 'http://localhost:5001', store: 'memory' });
      await using pair: TestPair = await startPair({ store: 'sqlite', client: { readFrom: 'replica' } });
      await pair.replica.faults.add({ kind: 'delay', delayMs: 100 });
      await node.stop();
    `;
    await writeFile(join(folder, 'program.ts'), program);
    const compilerOptions = {
      ...{ module: 'nodenext', target: 'es2022', types: ['node'], typeRoots: [join(ROOT, 'node_modules/@types')] },
      ...{ strict: true, noEmit: true, skipLibCheck: false },
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }));
    const outcome = await node(TSC, '-p', folder).catch(({ stdout }) => stdout);
    expect(outcome).toBe('');
  });
});

describe('nodes that a program starts', () => {
  test('one by one, over data files, answer a client, and keep what they hold', async () => {
    const text = `
      import { startNode } from 'tandem';
      import { createClient } from 'tandem/client';
      const [primary, replica] = process.argv.slice(2).map((port) => 'http://127.0.0.1:' + port);
      const nodes = await Promise.all(process.argv.slice(2).map((port, i) => startNode({
        role: i === 0 ? 'primary' : 'replica', port: Number(port), peer: i === 0 ? replica : primary,
      })));
      const kv = createClient({ primary, replica });
      const { status } = await kv.put('a', 1);
      await nodes[0].kill();
      await nodes[0].start();
      console.log(status, (await kv.get('a')).value);
      await Promise.all(nodes.map((node) => node.stop()));
    `;
    const { freePorts } = await import('../../nodes/free-ports.ts');
    const ports = await freePorts(2);
    expect(await node(await program('nodes.js', text), ...ports.map(String))).toBe('replicated 1\n');
    expect(await readFile(join(folder, '.data/primary.sqlite'))).toBeDefined();
  });

  test('a port that is taken is said so', async () => {
    const text = `
      import { PortTaken, startNode } from 'tandem';
      import { createServer } from 'node:net';
      const server = createServer().listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      const options = { role: 'replica', port: server.address().port, peer: 'http://127.0.0.1:1', store: 'memory' };
      await startNode(options).catch((error) => console.log(error instanceof PortTaken));
      server.close();
    `;
    expect(await node(await program('taken.js', text))).toBe('true\n');
  });
});

describe('a pair', () => {
  const START = `
    import { startPair } from 'tandem/testing';
    const pair = await startPair();
    console.log(pair.primary.pid, pair.replica.pid);
  `;

  /** @returns the processes of the nodes, once they are told */
  async function pidsOf(child: ChildProcess): Promise<number[]> {
    let printed = '';
    child.stdout?.on('data', (chunk) => (printed += chunk));
    await until(() => printed.includes('\n') || child.exitCode !== null);
    return printed.trim().split(' ').map(Number);
  }

  const isThere = (pid: number) => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };

  test.each<[how: string, rest: string, signal: NodeJS.Signals | undefined]>([
    ['is killed', 'setInterval(() => {}, 1000);', 'SIGKILL'],
    ['ends without having stopped them', '', undefined],
    ['exits', 'process.exit();', undefined],
  ])('leaves nothing over when its program %s', async (_, rest, signal) => {
    const path = await program('leaves.js', START + rest);
    const child = spawn(process.execPath, [path], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    const pids = await pidsOf(child);
    expect(pids).toEqual([expect.any(Number), expect.any(Number)]);
    if (signal) child.kill(signal);
    await ended;
    await until(() => !pids.some(isThere));
  });
});

describe('the command tandem', () => {
  const COMMAND = 'node_modules/tandem/dist/scripts/tandem.js';

  test('is there for npx', async () => {
    expect(await readdir(join(folder, 'node_modules/.bin'))).toContain('tandem');
    expect(await node(COMMAND, '--version')).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(await node(COMMAND, 'help', 'export')).toContain('tandem export backup.ndjson --resume');
    await expect(node(COMMAND, 'drill')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/in the repository/),
    });
  });

  test('starts both nodes, which end with it, and asks them', async () => {
    const { freePorts } = await import('../../nodes/free-ports.ts');
    const [primary, replica] = await freePorts(2);
    const env = { ...process.env, PRIMARY_PORT: `${primary}`, REPLICA_PORT: `${replica}`, STORE: '' };
    const started = spawn(process.execPath, [COMMAND, 'start'], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    started.stdout.on('data', (chunk) => (printed += chunk));
    try {
      await until(() => printed.includes('Tandem is running') || started.exitCode !== null);
      const addresses = ['--primary', `http://127.0.0.1:${primary}`, '--replica', `http://127.0.0.1:${replica}`];
      expect(JSON.parse(await node(COMMAND, 'put', 'a', '{"b":1}', ...addresses))).toMatchObject({
        status: 'replicated',
      });
      expect(await node(COMMAND, 'get', 'a', '--read-from', 'replica', ...addresses)).toBe('{"b":1}\n');
    } finally {
      const ended = once(started, 'exit');
      started.kill();
      await ended;
    }
    await until(() =>
      fetch(`http://127.0.0.1:${primary}/healthz`).then(
        () => false,
        () => true,
      ),
    );
  });
});

test("the README's program writes, watches from the replica, and survives a switchover", async () => {
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
  const [, block = ''] = /^```js\n(.*?)^```/ms.exec(readme) ?? [];
  const text = `
    import { startPair } from 'tandem/testing';
    const pair = await startPair();
    ${block
      .replace("'http://localhost:5000'", 'pair.primary.url')
      .replace("'http://localhost:5001'", 'pair.replica.url')}
    await pair.stop();
  `;
  // Of two writes that come close together, the last one is told.
  expect(await node(await program('readme.js', text))).toMatch(/^(greeting hello\n)?greeting hello again\n$/);
});

describe('the examples of docs/testing.md', () => {
  beforeAll(async () => {
    await cp(join(ROOT, 'examples/testing'), folder, { recursive: true });
    // What a user of it has installed.
    await mkdir(join(folder, 'node_modules'), { recursive: true });
    await symlink(join(ROOT, 'tests/node_modules/vitest'), join(folder, 'node_modules/vitest'), 'junction');
  });

  test('with node:test', async () => {
    expect(await node('--test', '--test-reporter=tap', 'failover.test.js')).toMatch(/^# pass 1$/m);
  });

  test('with Jest', async () => {
    const jest = join(ROOT, 'node_modules/jest/bin/jest.js');
    const config = JSON.stringify({ rootDir: folder, testMatch: ['**/stale-read.test.js'], transform: {} });
    await node('--experimental-vm-modules', jest, '--config', config, '--testTimeout=60000');
  });

  test('with Vitest', async () => {
    const vitest = join(ROOT, 'tests/node_modules/vitest/vitest.mjs');
    const printed = await node(vitest, 'run', 'conflict.test.js', '--testTimeout=60000', '--hookTimeout=60000');
    expect(printed).toMatch(/1 passed/);
  });
});
