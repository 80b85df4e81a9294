// What a repair ships, when it stops, and how two of them at a time share the work.
import { beforeEach, expect, test } from '@jest/globals';
import { openCircuit, type TestPrimary, testPrimary } from '../../../support/replication.ts';
import { until } from '../../../support/until.ts';

let node: TestPrimary;
beforeEach(() => {
  node = testPrimary();
});

const gate = () => Promise.withResolvers<void>();

test('P4 a repair ships the whole backlog, whatever is due, even through an open circuit', async () => {
  await openCircuit(node);
  node.peer.down = undefined;
  expect(await node.primary.repair(60_000)).toMatchObject({ shipped: 3, failed: 0, remaining: 0 });
  expect(node.primary.circuit).toBe('closed');
  expect((await node.put('next')).delivery.replicated).toBe(true);
});

test('P4 a repair goes past records that keep failing, and tries each once', async () => {
  node.peer.refuses = () => 'refused';
  for (let i = 0; i < 1200; i++) await node.put(`k${i}`);
  node.peer.refuses = (key) => (key === 'k3' || key === 'k700' ? 'poisoned' : undefined);
  node.peer.batches.length = 0;
  expect(await node.primary.repair(60_000)).toMatchObject({ shipped: 1198, failed: 2, remaining: 2 });
  expect(node.peer.keys.flat()).toHaveLength(1200);
  expect(await node.status('k700')).toBe('replication_failed');
});

test('a repair stops at once when the replica does not answer, and says why', async () => {
  await openCircuit(node);
  node.peer.batches.length = 0;
  expect(await node.primary.repair(60_000)).toMatchObject({
    shipped: 0,
    failed: 0,
    remaining: 3,
    stoppedBy: 'replica unreachable',
  });
  expect(node.peer.batches).toEqual([]);
});

test('a repair asked for twice at a time is done once', async () => {
  await openCircuit(node);
  node.peer.down = undefined;
  node.peer.batches.length = 0;
  await Promise.all([node.primary.repair(60_000), node.primary.repair(60_000)]);
  expect(node.peer.keys).toHaveLength(1);
});

test('a repair under way goes on although a write meanwhile finds the circuit open', async () => {
  await openCircuit(node);
  node.peer.down = undefined;
  const running = gate();
  node.peer.gate = running.promise;
  const report = node.primary.repair(60_000);
  await until(() => node.peer.batches.length === 4);
  expect((await node.put('meanwhile')).delivery).toMatchObject({ tried: false });
  running.resolve();
  expect(await report).toMatchObject({ shipped: 4, failed: 0, remaining: 0 });
  expect(await report).not.toHaveProperty('stoppedBy');
});

test('a repair asked for while a smaller one is under way is done after it', async () => {
  await openCircuit(node);
  node.peer.down = undefined;
  node.clock.time += 2000;
  const running = gate();
  const { replicate } = node.peer;
  let calls = 0;
  node.peer.replicate = async (batch) => {
    if (++calls === 2) await running.promise;
    return replicate.call(node.peer, batch);
  };
  const write = node.put('k');
  await until(() => calls === 2);
  const report = node.primary.repair(60_000);
  running.resolve();
  await write;
  expect(await report).toMatchObject({ bucketsCompared: 16_384, remaining: 0 });
});
