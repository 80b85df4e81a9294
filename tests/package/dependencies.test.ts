// docs/dependencies.md says what the lock says.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { type Lock, nameOf, productionPackages } from '../../scripts/dependencies/lock.ts';
import { dependenciesPage } from '../../scripts/dependencies/page.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (file: string) => readFile(join(ROOT, file), 'utf8');

const lock: Lock = JSON.parse(await read('package-lock.json'));
const { dependencies, allowScripts } = JSON.parse(await read('package.json'));
const page = await read('docs/dependencies.md');

test('the page is as `npm run dependencies` writes it; only the registry knows the days', async () => {
  const released = new Map(
    [...page.matchAll(/^\| `(\S+)` \|.*\| (\d{4}-\d{2}-\d{2}) \|/gm)].map(([, name = '', day = '']) => [name, day]),
  );
  const runtime = JSON.parse(await read('scripts/dependencies/runtime.json'));
  expect(page).toBe(dependenciesPage(lock, allowScripts, runtime, released));
  expect(page).not.toContain('| ? |');
});

test('what a deployed function is made of has a free licence, and no install script', () => {
  const packages = productionPackages(lock);
  expect(packages.map(({ path }) => nameOf(path))).toEqual(expect.arrayContaining(Object.keys(dependencies)));
  for (const { path, license, hasInstallScript = false } of packages) {
    expect([path, hasInstallScript]).toEqual([path, false]);
    expect([path, license]).toEqual([
      path,
      expect.stringMatching(/^(MIT|MIT-0|Apache-2\.0|0BSD|ISC|BSD-[23]-Clause)$/),
    ]);
  }
});

test('of every package with an install script it is said whether that runs', () => {
  const scripted = Object.entries(lock.packages).filter(([, { hasInstallScript }]) => hasInstallScript);
  expect(Object.keys(allowScripts).sort()).toEqual(scripted.map(([path]) => nameOf(path)).sort());
});
