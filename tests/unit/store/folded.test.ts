// Keys that are folded at a delimiter, against the same made by hand of all keys.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { foldedPage } from '../../../lib/store/folded.ts';
import { memoryStore } from '../../../lib/store/memory/store.ts';
import { compareUtf8 } from '../../../lib/store/utf8-order.ts';
import { change, NOW } from '../../contract/fixture.ts';

const LAST = '\u{10ffff}';

async function storeWith(keys: readonly string[]) {
  const store = memoryStore(1e9);
  for (const key of keys) await store.write(change(key, '1'));
  return store;
}

/** Entries of all pages, `+` before what is folded. */
async function folded(keys: readonly string[], prefix: string, delimiter: string, limit: number, reverse: boolean) {
  const store = await storeWith(keys);
  const found: string[] = [];
  for (let cursor: string | undefined, pages = 0; pages === 0 || cursor !== undefined; pages++) {
    const query = { prefix, limit, now: NOW, reverse, ...(cursor !== undefined && { cursor }) };
    const page = await foldedPage(store, query, delimiter);
    expect(page.heads.length + page.prefixes.length).toBeLessThanOrEqual(limit);
    expect(pages).toBeLessThan(50);
    found.push(...page.heads.map(({ key }) => key), ...page.prefixes.map((fold) => `+${fold}`));
    cursor = page.cursor;
  }
  return found;
}

function byHand(keys: readonly string[], prefix: string, delimiter: string): string[] {
  const entries = keys
    .filter((key) => key.startsWith(prefix))
    .map((key) => {
      const at = key.indexOf(delimiter, prefix.length);
      return at < 0 ? key : `+${key.slice(0, at + delimiter.length)}`;
    });
  return [...new Set(entries)].sort(compareUtf8);
}

test('folds what follows the delimiter, page by page, in both directions', async () => {
  const part = fc.constantFrom('a', 'b', '/', '//', 'é', LAST);
  const key = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''));
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(key, { maxLength: 20 }),
      fc.constantFrom('', 'a', 'a/', '/', LAST),
      fc.constantFrom('/', '//', 'b'),
      fc.integer({ min: 1, max: 4 }),
      fc.boolean(),
      async (keys, prefix, delimiter, limit, reverse) => {
        const found = await folded(keys, prefix, delimiter, limit, reverse);
        expect(found.toSorted(compareUtf8)).toEqual(byHand(keys, prefix, delimiter));
      },
    ),
    { numRuns: 300 },
  );
});

test('keys of 1,024 bytes that end with the last character there is are folded once', async () => {
  const keys = [1, 2, 3].map((i) => `${`a/${LAST.repeat(255)}xy`.slice(0, -i)}${'z'.repeat(i)}`);
  expect(await folded(keys, '', '/', 1, false)).toEqual(['+a/']);
  expect(await folded([...keys, 'b'], '', '/', 1, false)).toEqual(['+a/', 'b']);
});

test('asks once for each fold, however many keys there are in it', async () => {
  const store = await storeWith(Array.from({ length: 3000 }, (_, i) => `${i % 3}/${i}`));
  let asked = 0;
  const counted = {
    list: (query: Parameters<typeof store.list>[0]) => {
      asked++;
      return store.list(query);
    },
  };
  const { prefixes } = await foldedPage(counted, { prefix: '', limit: 100, now: NOW }, '/');
  expect([prefixes, asked]).toEqual([['0/', '1/', '2/'], 4]);
});
