// What differs among a hundred thousand keys: found in steps, and told as far as it has come.
import { expect, test } from '@jest/globals';
import type { RowPage } from '../../../../ui/keys/listing.ts';
import type { KeyRow } from '../../../../ui/keys/row.ts';
import { MAX_FOUND, Scan } from '../../../../ui/keys/scan.ts';
import { scanWords } from '../../../../ui/keys/table-view.ts';

const STEP = 1000;
const EXPECTED = '100,000 keys';

const keyOf = (index: number) => `key ${`${index}`.padStart(6, '0')}`;

/** @param differs whether the key with this number does */
function scanOf(total: number, differs: (index: number) => boolean): Scan<number> {
  const read = async (place: number): Promise<RowPage<number>> => {
    const length = Math.min(STEP, total - place);
    const rows = Array.from({ length }, (_, i): KeyRow => {
      const copies = { a: 'absent', b: 'absent' } as const;
      return { key: keyOf(place + i), copies, ...(differs(place + i) && { difference: 'older' }) };
    });
    return place + length < total ? { rows, next: place + length } : { rows };
  };
  return new Scan(0, read, () => Date.parse('2026-11-22T07:00:00Z'));
}

async function passOf(scan: Scan<number>): Promise<number> {
  let steps = 1;
  while (await scan.step()) steps++;
  return steps;
}

test('it goes through all keys in bounded steps, and says how far it has come', async () => {
  const scan = scanOf(100_000, (index) => index % 30_000 === 7);
  expect(scanWords(scan.state, EXPECTED)).toBe('0 of 100,000 keys compared so far: none differs');
  await scan.step();
  expect(scanWords(scan.state, EXPECTED)).toBe('1,000 of 100,000 keys compared so far: 1 differs');
  expect(await passOf(scan)).toBe(99);
  expect(scan.state.found.map(({ key }) => key)).toEqual([7, 30_007, 60_007, 90_007].map(keyOf));
  expect(scanWords(scan.state, EXPECTED)).toMatch(/^100,000 keys compared by .*: 4 differ\.$/);
});

test('the next pass replaces what the pass before has found, as far as it has come', async () => {
  let healed = false;
  const scan = scanOf(10_000, (index) => !healed && index % 5000 === 0);
  await passOf(scan);
  healed = true;
  await scan.step();
  expect(scan.state.found.map(({ key }) => key)).toEqual([keyOf(5000)]);
  expect(scanWords(scan.state, EXPECTED)).toMatch(/1 differs\. Comparing again: 1,000 so far\.$/);
  await passOf(scan);
  expect(scan.state.found).toEqual([]);
  expect(scanWords(scan.state, EXPECTED)).toMatch(/10,000 keys compared by .*: none differs\.$/);
});

test('more than can be shown is counted, and said to be', async () => {
  const scan = scanOf(20_000, () => true);
  await passOf(scan);
  await scan.step();
  const { found, more } = scan.state;
  expect([found.length, more]).toEqual([MAX_FOUND, 20_000 - MAX_FOUND]);
  expect(scanWords(scan.state, EXPECTED)).toContain('20,000 differ, the first 5,000 are shown');
});
