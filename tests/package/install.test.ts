// `scripts/install.mjs`, which `npm start` and the tests run first. A stand-in for npm notes how it was called.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

const run = promisify(execFile);
const INSTALL = join(import.meta.dirname, '../../scripts/install.mjs');
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

test('fails as npm does, and says what to do', async () => {
  await expect(install(7)).rejects.toMatchObject({ code: 7, stderr: expect.stringContaining('npm ci') });
});
