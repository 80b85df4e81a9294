// What a comparison does about what differs between two nodes.
import { describe, expect, test } from '@jest/globals';
import { expectAlike, REPLICATED, recordOf } from '../../../support/records.ts';
import { START, testPrimary } from '../../../support/replication.ts';
import { until } from '../../../support/until.ts';

describe('a comparison', () => {
  test('of equal nodes lists nothing and asks once', async () => {
    const { primary, put } = testPrimary();
    for (let i = 0; i < 20; i++) await put(`k${i}`);
    expect(await primary.repair(60_000)).toMatchObject({
      bucketsCompared: 16_384,
      bucketsDiffering: 0,
      keysDiffering: 0,
    });
  });

  test('P4 pushes what is newer here, pulls what is newer there, and leaves the rest alone', async () => {
    const { primary, store, peer, put } = testPrimary();
    await put('same');
    await store.apply(recordOf('lost there', 1), REPLICATED);
    await store.apply(recordOf('older there', 3), REPLICATED);
    await peer.store.apply(recordOf('older there', 2));
    await peer.store.apply(recordOf('missing here', 4));
    await store.apply(recordOf('older here', 1), REPLICATED);
    await peer.store.apply(recordOf('older here', 2));
    peer.batches.length = 0;

    expect(await primary.repair(60_000)).toMatchObject({ keysDiffering: 4, pushed: 2, pulled: 2, failed: 0 });
    expect(peer.keys.flat().sort()).toEqual(['lost there', 'older there']);
    await expectAlike(store, peer.store);
    expect((await store.get('missing here'))?.replication?.status).toBe('replicated');
    expect(await primary.repair(60_000)).toMatchObject({ keysDiffering: 0 });
  });

  test('P7 takes absence for nothing but absence: only a tombstone deletes', async () => {
    const { primary, store, peer, clock } = testPrimary();
    await peer.store.apply(recordOf('only there', 1));
    const { value: _, ...tombstone } = recordOf('deleted here', 2);
    await store.apply(tombstone, REPLICATED);
    await peer.store.apply(recordOf('deleted here', 1));
    await primary.repair(60_000);
    expect((await store.get('only there'))?.record.value).toBe('1');
    expect((await peer.store.get('deleted here'))?.record).not.toHaveProperty('value');
    expect(await peer.store.count(clock.time)).toMatchObject({ count: 1 });
  });

  test('P2 of a record that the replica has lost and will not take again says so in its status', async () => {
    const { primary, store, peer, clock, put, status } = testPrimary();
    await put('k');
    peer.replaceStore();
    peer.refuses = () => 'no room';
    clock.time += 1000;
    expect(await primary.repair(60_000)).toMatchObject({ keysDiffering: 1, failed: 1, remaining: 1 });
    expect(await status('k')).toBe('replication_failed');
    expect(await store.backlogSize()).toMatchObject({ count: 1 });
  });

  test('ends with the reason when the replica stops answering', async () => {
    const { primary, peer } = testPrimary();
    peer.down = 'replica unreachable';
    expect(await primary.repair(60_000)).toMatchObject({ stoppedBy: 'replica unreachable' });
    expect(primary.replicaFacts.error).toBe('replica unreachable');
  });
});

test('P4 a replica that comes back empty is recognised at its first answer, and refilled without being asked', async () => {
  const { primary, store, peer, put } = testPrimary();
  for (let i = 0; i < 30; i++) await put(`k${i}`);
  peer.replaceStore();
  await put('next');
  await primary.repair(60_000);
  expect(await peer.store.count(START)).toMatchObject({ count: 31 });
  await expectAlike(store, peer.store);
});

test('P2 a refill passes over nothing: also what former contents have acknowledged while it began', async () => {
  const { primary, store, peer, put, status } = testPrimary();
  const late = Promise.withResolvers<void>();
  const { settle } = store;
  store.settle = async (...outcome) => {
    store.settle = settle;
    await late.promise;
    return settle.call(store, ...outcome);
  };
  // An index that lags does not show it in the backlog.
  store.backlogSize = async () => ({ count: 0 });
  const write = put('k');
  await until(() => store.settle === settle);
  peer.replaceStore();
  await primary.hear(await peer.handshake());
  await until(() => peer.store.isComplete());
  expect((await peer.store.get('k'))?.record.value).toBe('"k"');
  late.resolve();
  expect((await write).delivery).toMatchObject({ replicated: false });
  expect(await status('k')).toBe('replicated');
});

test('P4 a refill that broke off because the replica went down again does not hold the next one up', async () => {
  const { primary, peer, put } = testPrimary();
  for (let i = 0; i < 30; i++) await put(`k${i}`);
  peer.replaceStore();
  let questions = 0;
  peer.onQuestion = () => {
    if (++questions === 3) peer.replaceStore();
  };
  // Neither a write nor a repair follows.
  await primary.hear(await peer.handshake());
  await until(() => peer.store.isComplete());
  expect(await peer.store.count(START)).toMatchObject({ count: 30 });
});
