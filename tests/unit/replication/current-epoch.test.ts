// A reign over a durable store: one for all processes of its primary, a day long, and no two of them with one epoch.
import { describe, expect, test } from '@jest/globals';
import { EPOCH_MS } from '../../../lib/limits.ts';
import { PeerError } from '../../../lib/peer/peer.ts';
import type { Batch } from '../../../lib/peer/wire.ts';
import { peerInCurrentEpoch } from '../../../lib/replication/peer-in-current-epoch.ts';
import { savedReplicaState } from '../../../lib/replication/shared-replica-state.ts';
import { durableStore } from '../../support/durable.ts';
import { startProcess } from '../../support/process.ts';
import { START, TestPeer } from '../../support/replication.ts';
import { until } from '../../support/until.ts';

describe('a reign', () => {
  test('begins when the store is first used, and goes on when a process starts', async () => {
    const first = await startProcess();
    expect(first.primary.epoch).toBe(START);
    first.clock.time += 1000;
    const second = await startProcess(first.store, first.peer, first.clock);
    expect(second.primary.epoch).toBe(START);
    expect((await second.put('k')).record).toMatchObject({ epoch: START, version: 1 });
    expect((await first.put('k')).record).toMatchObject({ epoch: START, version: 2 });
  });

  test('is one, however many processes begin it at the same moment', async () => {
    const [store, peer] = [durableStore(), new TestPeer()];
    const processes = await Promise.all(Array.from({ length: 5 }, () => startProcess(store, peer)));
    expect(new Set(processes.map(({ primary }) => primary.epoch)).size).toBe(1);
  });

  test('follows another after a day, by the next write; a process that has not noticed goes on with it', async () => {
    const a = await startProcess();
    const b = await startProcess(a.store, a.peer, a.clock);
    await b.put('k');
    a.clock.time += EPOCH_MS;
    expect((await a.put('k')).record).toMatchObject({ epoch: START + EPOCH_MS, version: 2 });
    // Within the minute in which b does not look: the store tells it, and nothing is refused.
    expect(await b.put('k')).toMatchObject({
      record: { epoch: START + EPOCH_MS, version: 3 },
      delivery: { replicated: true },
    });
  });

  test('that a process has not noticed is told by the replica, and the batch goes again', async () => {
    const a = await startProcess();
    const b = await startProcess(a.store, a.peer, a.clock);
    a.clock.time += EPOCH_MS - 1;
    await b.put('other');
    a.clock.time += 1;
    await a.currentEpoch.refresh(true);
    await a.put('k');
    const written = await b.put('new');
    expect(written).toMatchObject({ record: { epoch: START }, delivery: { replicated: true } });
    expect(a.peer.batches.at(-1)).toMatchObject({ epoch: START + EPOCH_MS });
    expect(b.primary.replica.fencedBy).toBeUndefined();
  });

  test('begins anew when the store has been a replica meanwhile, above every epoch that it has seen', async () => {
    const { store, peer, clock } = await startProcess();
    await store.raiseEpoch(START + 5000);
    expect((await startProcess(store, peer, clock)).primary.epoch).toBe(START + 5001);
  });

  test('is over when the replica has another primary: every process takes no more writes', async () => {
    const a = await startProcess();
    await a.put('k');
    await a.peer.store.raiseEpoch(START + 9000);
    expect((await a.put('k')).delivery).toMatchObject({ replicated: false });
    await expect(a.put('k')).rejects.toMatchObject({ code: 'not_primary', extra: { fencedBy: START + 9000 } });
    const b = await startProcess(a.store, a.peer, a.clock);
    await expect(b.put('k')).rejects.toMatchObject({ code: 'not_primary', extra: { fencedBy: START + 9000 } });
  });
});

test('a batch that was held up is not sent any more: what it carries may have been deleted and forgotten', async () => {
  const { peer, currentEpoch, clock } = await startProcess();
  const sent = peerInCurrentEpoch(peer, currentEpoch, clock);
  const batch = (sentAt: number): Batch => ({ from: 'test', epoch: currentEpoch.value, sentAt, records: [] });
  const before = peer.batches.length;
  await expect(sent.replicate(batch(clock.time - 60_001))).rejects.toThrow(/out of date/);
  expect(peer.batches).toHaveLength(before);
  await sent.replicate(batch(clock.time - 59_000));
  expect(peer.batches).toHaveLength(before + 1);
});

test('a batch that was held up while the replica refused its reign is not sent again under the next one', async () => {
  const { peer, currentEpoch, store, clock } = await startProcess();
  const refusing = Object.assign(Object.create(peer), {
    replicate: async (batch: Batch) => {
      peer.batches.push(batch);
      await store.nodeState.claimEpoch(START + 9000);
      clock.time += 60_001;
      throw new PeerError('stale_epoch', START + 9000);
    },
  });
  const sent = peerInCurrentEpoch(refusing, currentEpoch, clock);
  const batch = { from: 'test', epoch: currentEpoch.value, sentAt: clock.time, records: [] };
  await expect(sent.replicate(batch)).rejects.toThrow(/out of date/);
  expect(peer.batches).toHaveLength(1);
});

describe('what is known of the replica', () => {
  test('is known to the next process: it compares only when there is a reason to', async () => {
    const a = await startProcess();
    await a.put('k');
    await a.primary.repair(60_000);
    const b = await startProcess(a.store, a.peer, a.clock);
    expect(b.primary.replica).toMatchObject({
      contentsId: a.peer.store.id,
      owesComparison: false,
      comparedAt: a.clock.time,
    });
    expect(await b.primary.repair(60_000, a.clock.time - 1)).toMatchObject({ bucketsCompared: 0 });
    expect(await b.primary.repair(60_000, a.clock.time)).toMatchObject({ bucketsCompared: 16_384 });
  });

  test('is noted at once when it stops answering, and when it answers again; but not at every write', async () => {
    const { store, peer, put } = await startProcess();
    const noted = async () => (await savedReplicaState(store.nodeState)).error;
    await put('a');
    const before = await store.nodeState.peerState();
    await put('b');
    expect(await store.nodeState.peerState()).toBe(before);
    peer.down = 'replica unreachable';
    await put('c');
    expect(await noted()).toBe('replica unreachable');
    peer.down = undefined;
    await put('d');
    expect(await noted()).toBeUndefined();
  });

  test('is noted when what a write has set off is over', async () => {
    const { store, peer, put } = await startProcess();
    await put('a');
    await until(async () => (await savedReplicaState(store.nodeState)).comparedAt !== undefined);
    expect(await savedReplicaState(store.nodeState)).toMatchObject({
      contentsId: peer.store.id,
      owesComparison: false,
    });
  });

  test('makes a process that starts later compare a replica that has lost its contents', async () => {
    const a = await startProcess();
    await a.put('k');
    await a.primary.repair(60_000);
    const reborn = new TestPeer();
    const b = await startProcess(a.store, reborn, a.clock);
    await b.put('next');
    expect((await reborn.store.get('k'))?.record.value).toBe('"k"');
  });
});

test('a replica that uses the table of its primary takes nothing: it would be its own copy', async () => {
  const store = durableStore();
  const peer = new TestPeer(store);
  const { put } = await startProcess(store, peer);
  expect((await put('k')).delivery).toMatchObject({ replicated: false });
});
