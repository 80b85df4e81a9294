// What is built anew when a node or the console starts, and what is not.
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { buildUnlessFresh } from '../../../scripts/fresh.ts';
import { ROOT } from '../../../scripts/root.ts';

let folder: string;
let builds: number;

beforeEach(async () => {
  folder = await mkdtemp(join(ROOT, '.build', 'fresh-')).catch(() => mkdtemp(join(tmpdir(), 'fresh-')));
  builds = 0;
  await mkdir(join(folder, 'deep/built'), { recursive: true });
  await file('deep/a.ts', 1000);
  await utimes(join(folder, 'deep'), 1000, 1000);
  await utimes(folder, 1000, 1000);
});
afterEach(() => rm(folder, { recursive: true }));

/** @param at when it was changed, in seconds since 1970 */
async function file(name: string, at: number): Promise<void> {
  await writeFile(join(folder, name), '');
  await utimes(join(folder, name), at, at);
}

async function built(): Promise<number> {
  const mark = join(folder, 'deep/built/mark');
  await buildUnlessFresh(mark, [relative(ROOT, folder)], async () => {
    builds++;
    await writeFile(mark, '');
  });
  return builds;
}

test('it is built at first, and again once a source has changed, however deep, or is there no more', async () => {
  expect([await built(), await built()]).toEqual([1, 1]);
  const later = Date.now() / 1000 + 60;
  await file('deep/a.ts', later);
  expect(await built()).toBe(2);
  await file('deep/a.ts', 1000);
  await file('deep/built/other', later);
  expect(await built()).toBe(2);
  await utimes(join(folder, 'deep'), later, later);
  expect(await built()).toBe(3);
});
