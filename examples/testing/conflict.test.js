// Vitest. The link is cut and both nodes take writes: what one of them has overwritten unseen is not lost without a word.

import { createClient } from 'tandem/client';
import { startPair } from 'tandem/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** The code under test: merges what was written on the losing side into what won, and takes it off the list. */
async function resolveConflicts(kv) {
  for (const { key, value } of (await kv.divergent()).writes) {
    await kv.update(key, (won) => [...new Set([...won, ...value])]);
    await kv.acknowledge(key);
  }
}

let pair;
beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.stop());

test('a cart keeps what was put into it on both sides of a cut', async () => {
  const { primary, replica, client } = pair;
  await client.put('cart', ['book']);
  await pair.cut();
  await createClient({ primary: primary.url }).put('cart', ['book', 'lamp']);
  await client.promote({ node: 'replica', force: true });
  await createClient({ primary: replica.url }).put('cart', ['book', 'chair']);
  await pair.join();
  await resolveConflicts(client);
  expect((await client.get('cart')).value.sort()).toEqual(['book', 'chair', 'lamp']);
  expect((await client.divergent()).writes).toEqual([]);
});
