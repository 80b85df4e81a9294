// What a status says of the pair.
import { expect, test } from '@jest/globals';
import { listing } from '../../../lib/divergent.ts';
import { nodeStatus } from '../../../lib/http/node-status.ts';
import type { Handshake } from '../../../lib/peer/wire.ts';
import { START, type TestPrimary, testPrimary } from '../../support/replication.ts';
import { schemaErrors } from '../../support/schema.ts';

/** @param more what the replica says beside what it would @param isSwitching a switchover is under way */
async function statusOf(
  { primary, store, clock, peer }: TestPrimary,
  more: Partial<Handshake> = {},
  isSwitching = false,
): Promise<Record<string, unknown>> {
  const check = { at: clock.time, reachable: true, answer: { ...(await peer.handshake()), ...more } };
  const known = { ...primary.replicaFacts, circuit: primary.circuit };
  const facts = { kind: 'primary', peer: { url: 'x', check }, epoch: primary.epoch, isSwitching, known } as const;
  const status = await nodeStatus(facts, store, clock);
  expect(schemaErrors('NodeStatus', status)).toEqual([]);
  return status;
}

test('P10 a primary is not in sync with a replica that has seen a later epoch, before it is refused, too', async () => {
  const node = testPrimary();
  await node.put('k');
  expect(await statusOf(node)).toMatchObject({ inSync: true });
  const epoch = START + 1000;
  await node.peer.store.raiseEpoch(epoch, 'another');
  await node.peer.store.apply({ key: 'k', value: '1', epoch, version: 1, updatedAt: epoch });
  expect(await statusOf(node)).toMatchObject({ inSync: false, inSyncSince: null });
});

test('P10 a primary is not in sync with a replica that owes what it wrote when it led', async () => {
  const node = testPrimary();
  await node.put('k');
  expect(await statusOf(node, { owed: 0 })).toMatchObject({ inSync: true });
  expect(await statusOf(node, { owed: 1 })).toMatchObject({ inSync: false, inSyncSince: null });
});

test('P10 a primary says that it is switching', async () => {
  const node = testPrimary();
  expect(await statusOf(node)).toMatchObject({ state: 'serving' });
  expect(await statusOf(node, {}, true)).toMatchObject({ state: 'switching' });
});

test('P9 a primary counts the divergent writes', async () => {
  const node = testPrimary();
  const write = { key: 'k', epoch: START - 1000, version: 1, updatedAt: 1, value: '1' };
  await node.store.apply(listing(write, true));
  expect(await statusOf(node)).toMatchObject({ divergent: 1, keys: 0 });
});
