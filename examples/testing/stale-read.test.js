// Jest. The copy lags: a page that reads from the replica must show what its user has just saved.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createClient } from 'tandem/client';
import { startPair } from 'tandem/testing';

let pair;
beforeAll(async () => {
  pair = await startPair({ client: { readFrom: 'replica' } });
});
afterAll(() => pair.stop());

test('a user sees what they have saved, and others see it once it is copied', async () => {
  const { primary, replica, client } = pair;
  const other = createClient({ primary: primary.url, replica: replica.url, readFrom: 'replica' });
  await client.put('profile', { name: 'Ada' });
  await replica.faults.add({ kind: 'error', keyPrefix: 'profile' });
  const { status } = await client.put('profile', { name: 'Grace' });
  expect(status).toBe('replication_failed');
  expect((await client.get('profile')).value.name).toBe('Grace');
  expect((await other.get('profile')).value.name).toBe('Ada');
  await pair.join();
  expect((await other.get('profile')).value.name).toBe('Grace');
});
