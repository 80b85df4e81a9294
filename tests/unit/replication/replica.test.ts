// What a replica refuses.
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Batch } from '../../../lib/peer/wire.ts';
import { createReplica, type Replica } from '../../../lib/replication/replica.ts';
import { serveDigests } from '../../../lib/replication/serve-digests.ts';
import { memoryStore } from '../../../lib/store/memory/store.ts';
import type { Store } from '../../../lib/store/store.ts';
import { durableStore } from '../../support/durable.ts';
import { startProcess } from '../../support/process.ts';
import { recordOf } from '../../support/records.ts';
import { START, TestClock, TestPeer, testPrimary } from '../../support/replication.ts';

let store: Store;
let clock: TestClock;
let replica: Replica;
beforeEach(() => {
  store = memoryStore(1e9);
  clock = new TestClock();
  replica = createReplica({ store, clock, log: { warn() {}, error() {} } });
});

const batch = (more: Partial<Batch> = {}): Batch => ({ from: 'p', to: store.id, epoch: START, records: [], ...more });
const tombstone = (key: string, epoch: number) => {
  const { value: _, ...record } = recordOf(key, 2, { epoch, updatedAt: START });
  return record;
};

test('P3 a primary that was replaced is refused, says so, and takes no more writes', async () => {
  const { primary, peer, put } = testPrimary();
  await peer.replicate({ from: 'other', to: peer.store.id, epoch: START + 5, records: [] });
  expect((await put('k')).delivery).toMatchObject({ replicated: false });
  expect(primary.replicaFacts.fencedBy).toBe(START + 5);
  await expect(put('k')).rejects.toMatchObject({ code: 'not_primary', extra: { fencedBy: START + 5 } });
});

test('P3 of two primaries that begin the same epoch one is refused, and takes no more writes', async () => {
  const { primary, peer, put } = testPrimary();
  await peer.replicate({ from: 'other', to: peer.store.id, epoch: START, records: [recordOf('k', 1)] });
  expect((await put('k', 'mine')).delivery).toMatchObject({ replicated: false });
  expect(primary.isFenced).toBe(true);
  expect((await peer.store.get('k'))?.record.value).toBe('1');
});

describe('a message for contents that are gone', () => {
  test('P3 applies nothing, and says which contents are there', async () => {
    const refusal = { code: 'other_contents', extra: { id: store.id } };
    await expect(replica.apply(batch({ to: 'gone', records: [recordOf('k', 1)] }))).rejects.toMatchObject(refusal);
    expect(await store.get('k')).toBeUndefined();
    expect(await store.highestEpoch()).toEqual({ epoch: 0 });
    const server = serveDigests(store, new TestClock());
    const sender = { from: 'p', to: 'gone' };
    for (const question of [
      server.digest(sender),
      server.stamps({ ...sender, buckets: [1] }),
      server.records({ ...sender, keys: ['k'] }),
    ]) {
      await expect(question).rejects.toMatchObject(refusal);
    }
  });

  test('P7 says of nothing that it is complete', async () => {
    await expect(replica.apply(batch({ to: 'gone', compared: {} }))).rejects.toMatchObject({ code: 'other_contents' });
    expect(await store.isComplete()).toBe(false);
  });
});

test('P3 a record that was deleted and forgotten does not come back with a message from before', async () => {
  await replica.apply(batch({ records: [tombstone('k', START)] }));
  await replica.apply(batch({ epoch: START + 2, after: START, compared: { forgetBefore: START + 1 } }));
  expect(await store.get('k')).toBeUndefined();
  await expect(replica.apply(batch({ records: [recordOf('k', 1)] }))).rejects.toMatchObject({ code: 'stale_epoch' });
  expect(await store.get('k')).toBeUndefined();
});

test('P8 a peer that lies about what may be forgotten removes nothing that is live, or of the present epoch', async () => {
  const live = recordOf('live', 1, { epoch: START, expiresAt: START + 1000 });
  await replica.apply(batch({ records: [live, recordOf('for ever', 1, { epoch: START })] }));
  const forgetBefore = 8_640_000_000_000_000;
  await replica.apply(
    batch({ epoch: START + 2, records: [tombstone('present', START + 2)], compared: { forgetBefore } }),
  );
  for (const key of ['live', 'for ever', 'present']) expect(await store.get(key)).toBeDefined();
});

test('P3 a new epoch of a primary that was replaced meanwhile is refused', async () => {
  await replica.apply(batch());
  await replica.apply(batch({ from: 'successor', epoch: START + 3 }));
  const late = replica.apply(batch({ epoch: START + 8, after: START }));
  await expect(late).rejects.toMatchObject({ code: 'stale_epoch', extra: { begunBy: 'successor' } });
  expect(await store.highestEpoch()).toEqual({ epoch: START + 3, by: 'successor' });
});

test('P2 what a primary of a later epoch has written is no acknowledgement of this batch', async () => {
  await store.apply(recordOf('k', 1, { epoch: START + 2 }));
  const answer = replica.apply(batch({ records: [recordOf('k', 5, { epoch: START })] }));
  await expect(answer).rejects.toMatchObject({ code: 'stale_epoch', extra: { highestEpoch: START + 2 } });
});

test('P7 a replica is complete once a comparison got through, and not before', async () => {
  await replica.apply(batch({ records: [recordOf('k', 1, { epoch: START })] }));
  expect(await store.isComplete()).toBe(false);
  await replica.apply(batch({ compared: {} }));
  expect(await store.isComplete()).toBe(true);
});

test('P3 messages wait until it is known who leads', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const waiting = createReplica({ store, clock, log: { warn() {}, error() {} }, ready: promise });
  const applied = waiting.apply(batch({ records: [recordOf('k', 1, { epoch: START })] }));
  const asked = serveDigests(store, new TestClock(), promise).records({
    from: 'p',
    to: store.id,
    epoch: START,
    keys: ['k'],
  });
  await new Promise(setImmediate);
  expect(await store.get('k')).toBeUndefined();
  await store.raiseEpoch(START + 2);
  resolve();
  await expect(applied).rejects.toMatchObject({ code: 'stale_epoch' });
  await expect(asked).rejects.toMatchObject({ code: 'stale_epoch' });
});

test('P2 a replica that uses the table of its primary takes nothing: it would be its own copy', async () => {
  const shared = durableStore();
  const { put } = await startProcess(shared, new TestPeer(shared));
  expect((await put('k')).delivery).toMatchObject({ replicated: false });
});
