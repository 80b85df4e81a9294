// The rows of both nodes side by side, read page by page: every key once, in order, whatever either node lacks.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ListPage, type Place, type ReadPage, readRows, startOf } from '../../../../ui/keys/listing.ts';
import { byCodePoint } from '../../../../ui/keys/order.ts';
import type { KeyRow, ListedKey } from '../../../../ui/keys/row.ts';

type Holding = Readonly<Record<string, number>>;

const SEED = 12;

/** Nodes that hold these versions of keys, and whose cursors name the last key of the page. */
export function nodesWith(held: { readonly a: Holding; readonly b: Holding }): ReadPage {
  return async (node, { limit, cursor }) => pageOf(held[node], limit, cursor);
}

function pageOf(held: Holding, limit: number, cursor?: string): ListPage {
  const keys = Object.keys(held)
    .sort(byCodePoint)
    .filter((key) => cursor === undefined || byCodePoint(key, cursor) > 0);
  const listed = keys.slice(0, limit).map((key) => listedKey(key, held[key] ?? 0));
  const last = listed.at(-1)?.key;
  return { keys: listed, ...(keys.length > limit && last !== undefined && { cursor: last }) };
}

const listedKey = (key: string, version: number): ListedKey => ({
  key,
  version,
  epoch: 1,
  status: 'replicated',
  updatedAt: '2026-11-22T07:00:00.000Z',
});

async function allRows(read: ReadPage, limit: number): Promise<KeyRow[]> {
  const rows: KeyRow[] = [];
  let place: Place | undefined = startOf(['a', 'b']);
  while (place) {
    const page: Awaited<ReturnType<typeof readRows>> = await readRows(read, place, {
      leader: 'a',
      limit,
      hasValues: false,
    });
    rows.push(...page.rows);
    place = page.next;
  }
  return rows;
}

const holding = fc.dictionary(
  fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom('a', 'b', '😀', '\uffee') }),
  fc.integer({ min: 1, max: 3 }),
  {
    maxKeys: 30,
    noNullPrototype: true,
  },
);

test('every key of either node is in exactly one row, in order, with what each holds of it', async () => {
  await fc.assert(
    fc.asyncProperty(holding, holding, fc.integer({ min: 1, max: 7 }), async (a, b, limit) => {
      const rows = await allRows(nodesWith({ a, b }), limit);
      const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort(byCodePoint);
      expect(rows.map(({ key }) => key)).toEqual(keys);
      for (const { key, copies, difference } of rows) {
        expect([versionIn(copies.a), versionIn(copies.b)]).toEqual([a[key] ?? 'absent', b[key] ?? 'absent']);
        expect(difference).toBe(expectedDifference(a[key], b[key]));
      }
    }),
    { seed: SEED, numRuns: 200 },
  );
});

const versionIn = (copy: KeyRow['copies']['a']) => (typeof copy === 'object' ? copy.version : copy);

function expectedDifference(record: number | undefined, copy: number | undefined): KeyRow['difference'] {
  if (copy === undefined) return 'not here';
  if (record === undefined) return 'extra';
  return copy === record ? undefined : copy > record ? 'newer' : 'older';
}

describe('the order of keys', () => {
  test('is that of their bytes in UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        const order = Buffer.compare(Buffer.from(a.toWellFormed()), Buffer.from(b.toWellFormed()));
        expect(Math.sign(byCodePoint(a.toWellFormed(), b.toWellFormed()))).toBe(order);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});

test('a node that lists nothing is not taken to hold nothing', async () => {
  const read = nodesWith({ a: { one: 1 }, b: {} });
  const { rows } = await readRows(read, startOf(['a']), { leader: 'a', limit: 10, hasValues: true });
  expect(rows).toMatchObject([{ key: 'one', copies: { a: { version: 1 }, b: 'unknown' } }]);
  expect(rows[0]).not.toHaveProperty('difference');
});

test('values are asked of the node that leads, and of one only', async () => {
  const asked: string[] = [];
  const read: ReadPage = async (node, { hasValues }) => {
    asked.push(`${node} ${hasValues}`);
    return { keys: [] };
  };
  await readRows(read, startOf(['a', 'b']), { leader: 'b', limit: 10, hasValues: true });
  await readRows(read, startOf(['a']), { leader: 'b', limit: 10, hasValues: true });
  expect(asked).toEqual(['a false', 'b true', 'a true']);
});
