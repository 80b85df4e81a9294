// Pages of divergent writes, where they are not as usual.
import { expect, test } from '@jest/globals';
import { divergentKey } from '../../../lib/divergent.ts';
import { divergentAnswer } from '../../../lib/http/divergent-page.ts';
import { memoryStore } from '../../../lib/store/memory/store.ts';
import type { Entry } from '../../../lib/store/store.ts';
import { schemaErrors } from '../../support/schema.ts';

const STAMP = { epoch: 5, version: 2 };

/** @param value of the record that lists the write */
function listed(key: string, value: string): Entry {
  return { record: { key: divergentKey({ key, ...STAMP }), ...STAMP, updatedAt: 1, value } };
}

async function pageOf(entries: readonly Entry[], store = memoryStore(1e9)) {
  const { body = '' } = await divergentAnswer({ entries }, store);
  const page = JSON.parse(body);
  expect(schemaErrors('DivergentPage', page)).toEqual([]);
  return page;
}

test('a write whose value was not kept has none, and one whose key holds nothing any more was superseded by null', async () => {
  const { writes } = await pageOf([listed('k', '{}')]);
  expect(writes).toEqual([{ key: 'k', ...STAMP, updatedAt: '1970-01-01T00:00:00.001Z', supersededBy: null }]);
});

test('a deletion of the key has superseded a write, too', async () => {
  const store = memoryStore(1e9);
  await store.apply({ key: 'k', epoch: 7, version: 3, updatedAt: 2 });
  const { writes } = await pageOf([listed('k', '{"value":null}')], store);
  const supersededBy = { epoch: 7, version: 3, updatedAt: '1970-01-01T00:00:00.002Z' };
  expect(writes).toEqual([expect.objectContaining({ value: null, supersededBy })]);
});

test.each(['[1]', '"text"', '1', '{"value":1,"key":"x","version":9}', '{"deleted":1}', '{"deleted":"true"}'])(
  'P8 what another node lists as %s makes no other answer than a page',
  async (value) => {
    const { writes } = await pageOf([listed('k', value)]);
    expect(writes).toEqual([expect.objectContaining({ key: 'k', ...STAMP })]);
  },
);

test('P8 a page of large values ends early, and the next one goes on there', async () => {
  const store = memoryStore(1e9);
  const value = JSON.stringify({ value: 'x'.repeat(200_000) });
  for (let i = 0; i < 12; i++) {
    const { record } = listed(`k${i}`, value);
    await store.apply(record);
  }
  const seen: string[] = [];
  let pages = 0;
  for (let cursor: string | undefined; ; ) {
    const page = await store.divergent({ limit: 100, ...(cursor && { cursor }) });
    const { body = '' } = await divergentAnswer(page, store);
    expect(body.length).toBeLessThan(2 ** 20 + 2000);
    const { writes, cursor: next } = JSON.parse(body);
    seen.push(...writes.map(({ key }: { key: string }) => key));
    pages++;
    if (next === undefined) break;
    cursor = Buffer.from(next, 'base64url').toString();
  }
  expect(pages).toBe(3);
  expect(seen).toHaveLength(12);
  expect(new Set(seen).size).toBe(12);
});
