// What the table draws: which rows, which words, and where the keyboard leads.
import { expect, test } from '@jest/globals';
import { pageIn } from '../../../../ui/keys/page-in.ts';
import { rowsOf } from '../../../../ui/keys/row.ts';
import { statusText, valueText, versionText } from '../../../../ui/keys/row-words.ts';
import { rangeOf, rowAfter, topThatShows } from '../../../../ui/keys/window.ts';

const scrolled = { top: 0, height: 360, rowHeight: 36 };

test('of a hundred thousand rows it draws those that are seen, and a few beyond', () => {
  for (const top of [0, 36 * 500, 36 * 99_990]) {
    const { first, last } = rangeOf({ ...scrolled, top }, 100_000);
    expect(first).toBeLessThanOrEqual(top / 36);
    expect(last).toBeGreaterThanOrEqual(Math.min(100_000, top / 36 + 10));
    expect(last - first).toBeLessThanOrEqual(36);
  }
  expect(rangeOf({ ...scrolled, top: 36 * 500 }, 3)).toEqual({ first: 3, last: 3 });
});

test('the arrows, Page, Home and End lead from row to row, and never beyond the ends', () => {
  const after = (key: string, index: number) => rowAfter(key, index, 100, 9);
  expect([
    after('ArrowDown', 0),
    after('ArrowUp', 0),
    after('PageDown', 95),
    after('Home', 50),
    after('End', 50),
  ]).toEqual([1, 0, 99, 0, 99]);
  expect([after('a', 3), rowAfter('End', 0, 0, 9)]).toEqual([undefined, undefined]);
});

test('a row that is seen stays where it is, and another one comes into view whole', () => {
  expect(topThatShows(3, scrolled)).toBe(0);
  expect(topThatShows(10, scrolled)).toBe(36);
  expect(topThatShows(2, { ...scrolled, top: 360 })).toBe(72);
});

test('a row says what each node holds, and nothing of one that does not tell', () => {
  const on = (version: number, value?: string) => ({
    key: 'foo',
    version,
    epoch: 1,
    status: 'replication_failed',
    updatedAt: '2026-11-22T07:00:00.000Z',
    ...(value !== undefined && { value }),
  });
  const [row] = rowsOf({ a: [on(2, '"new"')], b: [on(1)] }, 'a');
  if (!row) throw new Error('There is one.');
  expect([versionText(row.copies.a), versionText(row.copies.b), row.difference]).toEqual(['2', '1', 'older']);
  expect([statusText(row, 'a'), valueText(row, 'a')]).toEqual(['replication_failed', '"new"']);
  const [alone] = rowsOf({ b: [on(1)] }, 'a');
  expect(alone && [versionText(alone.copies.a), versionText(alone.copies.b), alone.difference]).toEqual([
    '',
    '1',
    undefined,
  ]);
  const [absent] = rowsOf({ a: [on(1)], b: [] }, 'a');
  expect(absent && [versionText(absent.copies.b), absent.difference]).toEqual(['–', 'not here']);
});

test('values are shown as they were written, and cut to what a row can show', () => {
  const page = (value: string) =>
    `{"keys":[{"key":"n","version":1,"epoch":1,"status":"replicated","updatedAt":"2026-11-22T07:00:00.000Z","value":${value}}],"cursor":"bg","complete":false}`;
  expect(pageIn(page('12345678901234567890'), true)).toMatchObject({
    keys: [{ key: 'n', value: '12345678901234567890' }],
    cursor: 'bg',
  });
  expect(pageIn(page('{"a": [1, 2]}'), true).keys[0]?.value).toBe('{"a":[1,2]}');
  expect(pageIn(page(`"${'x'.repeat(1000)}"`), true).keys[0]?.value).toHaveLength(200);
  expect(pageIn('not JSON', true)).toEqual({ keys: [] });
});
