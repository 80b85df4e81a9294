// Every promise of docs/protocol.md is held by tests that name it in their titles: `npm run jest -- -t P3` runs those of
// the third.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../..');
/** A title that begins with promises: in a call of `test` or `describe`, in a row of one, or in a list of mutants. */
const TITLE = /['"`]((?:P\d+ )+)\S/g;
/** A row of the table of promises, which begins with its number. */
const ROW = /^\| *\**P?(\d+)\b/gm;

/** The promises that titles name, each with the files. */
async function namedPromises(): Promise<Map<number, string[]>> {
  const found = new Map<number, string[]>();
  for (const file of await readdir(join(ROOT, 'tests'), { recursive: true })) {
    if (!file.endsWith('.ts') || join(ROOT, 'tests', file) === import.meta.filename) continue;
    for (const [, names = ''] of (await readFile(join(ROOT, 'tests', file), 'utf8')).matchAll(TITLE)) {
      for (const [, number] of names.matchAll(/(\d+)/g))
        found.set(Number(number), [...(found.get(Number(number)) ?? []), file]);
    }
  }
  return found;
}

/** The numbers in the section "Promises". */
async function promisesInDocs(): Promise<number[]> {
  const [, section = ''] =
    /^## Promises$(.*?)^## /ms.exec(await readFile(join(ROOT, 'docs/protocol.md'), 'utf8')) ?? [];
  return [...section.matchAll(ROW)].map(([, number]) => Number(number));
}

test('each promise is in a title, and each promise in a title is in the docs', async () => {
  const promises = await promisesInDocs();
  expect(promises).toEqual(expect.arrayContaining([1, 2, 3, 4, 5, 6, 7, 8]));
  expect([...(await namedPromises()).keys()].sort((a, b) => a - b)).toEqual(promises);
});
