// What a replica refuses.
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Batch } from '../../../lib/peer/wire.ts';
import { admission } from '../../../lib/replication/admit.ts';
import { createReplica, type Replica } from '../../../lib/replication/replica.ts';
import { serveDigests } from '../../../lib/replication/serve-digests.ts';
import { memoryStore } from '../../../lib/store/memory/store.ts';
import type { Store } from '../../../lib/store/store.ts';
import { durableStore } from '../../support/durable.ts';
import { startProcess } from '../../support/process.ts';
import { recordOf } from '../../support/records.ts';
import { admitAsReplica, START, TestClock, TestPeer, testPrimary } from '../../support/replication.ts';

const LOG = { warn() {}, error() {} };

let store: Store;
let clock: TestClock;
let replica: Replica;
beforeEach(() => {
  store = memoryStore(1e9);
  clock = new TestClock();
  replica = createReplica({ store, clock, log: LOG, admit: admitAsReplica(store) });
});

const batch = (more: Partial<Batch> = {}): Batch => ({ from: 'p', to: store.id, epoch: START, records: [], ...more });
const tombstone = (key: string, epoch: number) => {
  const { value: _, ...record } = recordOf(key, 2, { epoch, updatedAt: START });
  return record;
};

test('P3 R4 a primary that was replaced is refused, learns of it, and takes no more writes', async () => {
  const { lead, peer, put } = testPrimary();
  await peer.replicate({ from: 'other', to: peer.store.id, epoch: START + 5, records: [] });
  expect((await put('k')).delivery).toMatchObject({ replicated: false });
  expect(lead.lostTo).toEqual([START + 5]);
  await expect(put('k')).rejects.toMatchObject({ code: 'not_primary' });
});

test('P3 R3 of two primaries that begin the same epoch one is refused, and takes no more writes', async () => {
  const { lead, peer, put } = testPrimary();
  await peer.replicate({ from: 'other', to: peer.store.id, epoch: START, records: [recordOf('k', 1)] });
  expect((await put('k', 'mine')).delivery).toMatchObject({ replicated: false });
  expect(lead.lostTo).toEqual([START]);
  await expect(put('k')).rejects.toMatchObject({ code: 'not_primary' });
  expect((await peer.store.get('k'))?.record.value).toBe('1');
});

describe('a node that is asked to let a message in', () => {
  const senders = { from: 'p', epoch: START };
  const gate = (leads: boolean) => {
    const heard: number[] = [];
    const heardOf = async (epoch: number) => {
      heard.push(epoch);
      return leads;
    };
    const { raiseEpoch, highestEpoch } = store;
    return { heard, admit: admission({ id: () => store.id, raiseEpoch, highestEpoch, heardOf }) };
  };

  test('R4 hears of the epoch before it lets the message in: it may be one to step down for', async () => {
    const { heard, admit } = gate(false);
    await admit({ ...senders, to: store.id });
    expect(heard).toEqual([START]);
    expect(await store.highestEpoch()).toEqual({ epoch: START, by: 'p' });
  });

  test('P3 refuses it where it leads nevertheless, and remembers nothing of it', async () => {
    await store.raiseEpoch(START - 2, store.id);
    const { admit } = gate(true);
    const refused = admit({ ...senders, to: store.id });
    await expect(refused).rejects.toMatchObject({ code: 'stale_epoch', extra: { highestEpoch: START - 2 } });
    expect(await store.highestEpoch()).toEqual({ epoch: START - 2, by: store.id });
  });

  test('R5 learns nothing from a message that is for others', async () => {
    const { heard, admit } = gate(false);
    await expect(admit({ ...senders, to: 'gone' })).rejects.toMatchObject({ code: 'other_contents' });
    expect([heard, await store.highestEpoch()]).toEqual([[], { epoch: 0 }]);
  });

  test('lets in a primary that recovers, and has no epoch yet', async () => {
    const { heard, admit } = gate(false);
    await admit({ from: 'p', to: store.id });
    expect([heard, await store.highestEpoch()]).toEqual([[], { epoch: 0 }]);
  });
});

describe('a message for contents that are gone', () => {
  test('P3 applies nothing, and says which contents are there', async () => {
    const refusal = { code: 'other_contents', extra: { id: store.id } };
    await expect(replica.apply(batch({ to: 'gone', records: [recordOf('k', 1)] }))).rejects.toMatchObject(refusal);
    expect(await store.get('k')).toBeUndefined();
    expect(await store.highestEpoch()).toEqual({ epoch: 0 });
    const server = serveDigests(store, clock, admitAsReplica(store));
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

test('R8 the epoch is checked where a record is applied: what was let in before another primary took over is refused', async () => {
  const { apply } = store;
  store.apply = async (...args) => {
    await store.raiseEpoch(START + 2, 'successor');
    return apply(...args);
  };
  const late = replica.apply(batch({ records: [recordOf('k', 1)] }));
  await expect(late).rejects.toMatchObject({ code: 'stale_epoch', extra: { begunBy: 'successor' } });
  expect(await store.get('k')).toBeUndefined();
});

describe('how much the primary owes', () => {
  test('is what it last said, in a batch or in a handshake', async () => {
    expect(replica.owedThen).toBeUndefined();
    await replica.apply(batch({ owed: 3 }));
    expect(replica.owedThen).toBe(3);
    await replica.apply(batch());
    expect(replica.owedThen).toBe(3);
    clock.time += 5;
    await replica.told(1);
    expect([replica.owedThen, replica.lastContactAt]).toEqual([1, START + 5]);
  });

  test('is more by what failed of the batch: it is owed still', async () => {
    const failing = createReplica({
      store,
      clock,
      log: LOG,
      admit: admitAsReplica(store),
      faultOf: ({ key }) => (key === 'good' ? undefined : 'refused'),
    });
    await failing.apply(batch({ owed: 3, records: ['good', 'bad', 'worse'].map((key) => recordOf(key, 1)) }));
    expect(failing.owedThen).toBe(5);
  });
});

test('P2 a replica that uses the table of its primary takes nothing: it would be its own copy', async () => {
  const shared = durableStore();
  const { put } = await startProcess(shared, new TestPeer(shared));
  expect((await put('k')).delivery).toMatchObject({ replicated: false });
});
