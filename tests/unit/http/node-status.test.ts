// What a status says of the pair.
import { expect, test } from '@jest/globals';
import { nodeStatus } from '../../../lib/http/node-status.ts';
import { START, type TestPrimary, testPrimary } from '../../support/replication.ts';

async function statusOf({ primary, store, clock, peer }: TestPrimary): Promise<Record<string, unknown>> {
  const check = { at: clock.time, reachable: true, answer: await peer.handshake() };
  const known = { ...primary.replicaFacts, circuit: primary.circuit };
  return nodeStatus({ kind: 'primary', peer: { url: 'x', check }, epoch: primary.epoch, known }, store, clock);
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
