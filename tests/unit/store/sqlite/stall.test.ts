// SQLite works while the process waits: nothing that a client or a peer can ask for keeps it long in one turn of the event loop.
import { beforeAll, expect, test } from '@jest/globals';
import { BUCKETS } from '../../../../lib/digest.ts';
import { MAX_VALUE_BYTES } from '../../../../lib/limits.ts';
import type { SqliteStore } from '../../../../lib/store/sqlite/store.ts';
import type { Page } from '../../../../lib/store/store.ts';
import { change, copy, EPOCH, NOW } from '../../../contract/fixture.ts';
import { dataFiles } from '../../../support/sqlite.ts';
import { MAX_RATIO, stallOf } from '../../../support/stall.ts';

const files = dataFiles();
const LARGE = `"${'x'.repeat(MAX_VALUE_BYTES - 2)}"`;
/** More than one page, one sweep and one step of forgetting take. */
const MANY = 6000;

let store: SqliteStore;
beforeAll(async () => {
  store = files.open(files.fresh());
  const later = { epoch: EPOCH - 1, expiresAt: NOW + 5 };
  await Promise.all(Array.from({ length: MANY }, (_, i) => store.apply(copy(`expiring-${i}`, 1, later))));
});

const expectNoStall = async (work: () => Promise<unknown>) => expect(await stallOf(work)).toBeLessThan(MAX_RATIO);

test('P8 thousands of writes at once', async () => {
  await expectNoStall(() =>
    Promise.all(Array.from({ length: 2000 }, (_, i) => store.write(change(`w${i}`, `"${'v'.repeat(1000)}"`)))),
  );
});

test('P8 100 of the longest values at once', async () => {
  await expectNoStall(() => Promise.all(Array.from({ length: 100 }, (_, i) => store.write(change(`l${i}`, LARGE)))));
});

test('P8 a page of the backlog with the longest values is cut, and goes on after that', async () => {
  let cursor: string | undefined;
  let found = 0;
  await expectNoStall(async () => {
    const page: Page = await store.backlog({ limit: 1000, ...(cursor !== undefined && { cursor }) });
    cursor = page.cursor;
    found += page.entries.length;
  });
  expect(cursor).toBeDefined();
  expect(found).toBeGreaterThan(10);
});

test('P8 the heads of all buckets, page after page', async () => {
  const buckets = Array.from({ length: BUCKETS }, (_, bucket) => bucket);
  const found = new Set<string>();
  await expectNoStall(async () => {
    for (let i = 0; i < BUCKETS; i += 100) {
      let cursor: string | undefined;
      do {
        const page = await store.headsIn(buckets.slice(i, i + 100), cursor);
        for (const { key } of page.heads) found.add(key);
        cursor = page.cursor;
      } while (cursor !== undefined);
    }
  });
  expect(found.size).toBeGreaterThan(MANY);
});

test('P8 thousands of keys that expire at once, and are forgotten at once', async () => {
  await expectNoStall(async () => {
    expect((await store.list({ prefix: 'expiring-', limit: 1000, now: NOW + 6 })).heads).toEqual([]);
    await store.count(NOW + 6);
  });
  let forgotten = 0;
  await expectNoStall(async () => {
    forgotten += await store.forget({ before: NOW + 7, epoch: EPOCH, now: NOW + 7 });
  });
  expect(forgotten).toBe(MANY);
});
