// Records that are taken in at the same moment, so many that the last ones wait for a later turn of the event loop.
import { expect, test } from '@jest/globals';
import { memoryStore } from '../../../lib/store/memory/store.ts';
import { copy, EPOCH } from '../../contract/fixture.ts';

const MANY = 12_000;

async function lastOf(epoch?: number): Promise<unknown> {
  const store = memoryStore(1e9);
  const outcomes = Array.from({ length: MANY }, (_, i) => store.apply(copy(`k${i}`, 1), undefined, epoch));
  await store.raiseEpoch(EPOCH + 1);
  return (await Promise.all(outcomes)).at(-1);
}

test('P4 R8 a later epoch that is heard meanwhile outdates what a message of the earlier one brings, and nothing else', async () => {
  expect(await lastOf(EPOCH)).toBe('outdated');
  expect(await lastOf()).toBe('applied');
});
