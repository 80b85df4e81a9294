// A list of a hundred thousand rows: what is seen of it is read, what was seen long ago is let go.
import { expect, test } from '@jest/globals';
import type { RowPage } from '../../../../ui/keys/listing.ts';
import { MAX_ROWS, Pager, type ReadRows, WIDE } from '../../../../ui/keys/pager.ts';
import type { KeyRow } from '../../../../ui/keys/row.ts';

const PAGE = 200;

const rowOf = (index: number): KeyRow => ({ key: `key ${index}`, copies: { a: 'absent', b: 'absent' } });

/** A list that counts how it is read. Its places are indexes. */
function listOf(total: number) {
  const list = {
    total,
    reads: [] as { place: number; hasValues: boolean; isWide: boolean }[],
    read: (async (place, how): Promise<RowPage<number>> => {
      list.reads.push({ place, ...how });
      const length = Math.max(0, Math.min(how.isWide ? WIDE * PAGE : PAGE, list.total - place));
      const rows = Array.from({ length }, (_, i) => rowOf(place + i));
      return place + length < list.total ? { rows, next: place + length } : { rows };
    }) satisfies ReadRows<number>,
  };
  return list;
}

async function readAll(pager: Pager<number>): Promise<void> {
  while (await pager.step());
}

test('only what is seen is read, and what is below it is not known', async () => {
  const list = listOf(100_000);
  const pager = new Pager(0, list.read);
  pager.view({ first: 0, last: 30 });
  await readAll(pager);
  expect([list.reads.length, pager.length, pager.isComplete]).toEqual([1, PAGE, false]);
  expect(pager.rowAt(29)?.key).toBe('key 29');
  expect(pager.rowAt(PAGE)).toBeUndefined();
});

test('the last row of a hundred thousand can be jumped to: values are read where it is seen, and few rows are kept', async () => {
  const list = listOf(100_000);
  const pager = new Pager(0, list.read);
  pager.view({ first: 99_970, last: 100_000 });
  await readAll(pager);
  expect([pager.length, pager.isComplete]).toEqual([100_000, true]);
  const reads = list.reads.length;
  expect(reads).toBeLessThanOrEqual(1 + 100_000 / (WIDE * PAGE) + WIDE);
  expect(pager.rowAt(99_999)?.key).toBe('key 99999');
  expect(pager.held.length).toBeLessThanOrEqual(11 * WIDE * PAGE);
  expect(list.reads.filter(({ hasValues }) => hasValues).length).toBeLessThanOrEqual(2);

  pager.view({ first: 50_000, last: 50_030 });
  expect(pager.rowAt(50_000)).toBeUndefined();
  await readAll(pager);
  expect(list.reads.length).toBe(reads + 1);
  expect(pager.rowAt(50_000)?.key).toBe('key 50000');
});

test('a refresh reads what is seen, no more', async () => {
  const list = listOf(1000);
  const pager = new Pager(0, list.read);
  pager.view({ first: 190, last: 230 });
  await readAll(pager);
  list.reads.length = 0;
  await pager.refresh();
  expect(list.reads).toEqual([
    { place: 0, hasValues: true, isWide: false },
    { place: 200, hasValues: true, isWide: false },
  ]);
});

test('where a page has come to end elsewhere, what follows is read anew', async () => {
  const list = listOf(250);
  const pager = new Pager(0, list.read);
  pager.view({ first: 0, last: 250 });
  await readAll(pager);
  expect([pager.length, pager.isWhole]).toEqual([250, true]);
  list.total = 120;
  await pager.refresh();
  await readAll(pager);
  expect([pager.length, pager.isWhole]).toEqual([120, true]);
  list.total = 500;
  await pager.refresh();
  await readAll(pager);
  expect([pager.length, pager.isComplete, pager.rowAt(249)?.key]).toEqual([400, false, 'key 249']);
});

test('an empty list that gets a row shows it', async () => {
  const list = listOf(0);
  const pager = new Pager(0, list.read);
  await pager.refresh();
  expect([pager.length, pager.isComplete]).toEqual([0, true]);
  list.total = 1;
  await pager.refresh();
  expect(pager.rowAt(0)?.key).toBe('key 0');
});

test('a list that is longer than can be scrolled is cut off, and says so', async () => {
  const list = listOf(Number.MAX_SAFE_INTEGER);
  const pager = new Pager(0, list.read);
  pager.view({ first: 0, last: Number.MAX_SAFE_INTEGER });
  await readAll(pager);
  expect([pager.length, pager.isCutOff]).toEqual([MAX_ROWS, true]);
});
