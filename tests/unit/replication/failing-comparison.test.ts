// A record that cannot be pulled: the nodes are compared again less and less often, by all processes together.
import { expect, test } from '@jest/globals';
import { TandemError } from '../../../lib/errors.ts';
import { savedReplicaState } from '../../../lib/replication/shared-replica-state.ts';
import { durableStore } from '../../support/durable.ts';
import { startProcess } from '../../support/process.ts';
import { START, TestClock, TestPeer } from '../../support/replication.ts';
import { until } from '../../support/until.ts';

const MINUTE_MS = 60_000;
const HOURLY_MS = 60 * MINUTE_MS;

async function withOneThatCannotBePulled() {
  const [store, peer, clock] = [durableStore(), new TestPeer(), new TestClock()];
  const { apply } = store;
  let isBroken = true;
  store.apply = async (record, replication) => {
    if (isBroken && record.key === 'unheard') throw new TandemError('store_unavailable', 'Try again.');
    return apply(record, replication);
  };
  await peer.store.apply({ key: 'unheard', value: '1', epoch: START - 5, version: 1, updatedAt: START - 5 });
  const processes = [await startProcess(store, peer, clock), await startProcess(store, peer, clock)] as const;
  let compared = 0;
  const digest = peer.digest;
  peer.digest = (question) => {
    if (question.groups === undefined) compared++;
    return digest(question);
  };
  /** The scheduled repairs of some minutes, now by one process, now by the other. @returns when they compared */
  const scheduled = async (minutes: number, besides: () => Promise<unknown> = async () => {}) => {
    const times: number[] = [];
    for (let minute = 0; minute < minutes; minute++) {
      const before = compared;
      await processes[minute % 2]?.primary.repair(50_000, clock.time - HOURLY_MS);
      await besides();
      if (compared > before) times.push(minute);
      clock.time += MINUTE_MS;
    }
    return times;
  };
  const saved = () => savedReplicaState(store.nodeState);
  const mend = () => {
    isBroken = false;
  };
  return { store, peer, clock, processes, scheduled, saved, mend };
}

test('the scheduled repair waits for one minute, then two, up to the time after which it compares anyway', async () => {
  const { scheduled, saved } = await withOneThatCannotBePulled();
  expect(await scheduled(200)).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183]);
  expect(await saved()).toMatchObject({ owesComparison: true, failedComparisons: 9 });
});

test('writes do not compare more often, in whichever process', async () => {
  const { scheduled, processes, clock } = await withOneThatCannotBePulled();
  const writes = async () => {
    for (const { put } of processes) await put('k');
    clock.time += 20_000;
    for (const { put } of processes) await put('k');
    clock.time -= 20_000;
  };
  expect(await scheduled(30, writes)).toEqual([0, 1, 3, 7, 15]);
});

test('P4 once it can be pulled the next comparison brings it, and the nodes are in sync', async () => {
  const { scheduled, saved, mend, store } = await withOneThatCannotBePulled();
  await scheduled(9);
  mend();
  expect(await scheduled(10)).toEqual([6]);
  expect((await store.get('unheard'))?.record.value).toBe('1');
  expect(await saved()).toMatchObject({ owesComparison: false });
  expect(await saved()).not.toHaveProperty('failedComparisons');
});

test('P4 somebody who asks for a repair does not wait', async () => {
  const { scheduled, processes, mend, store } = await withOneThatCannotBePulled();
  await scheduled(9);
  mend();
  expect(await processes[0].primary.repair(18_000)).toMatchObject({ pulled: 1, failed: 0 });
  expect((await store.get('unheard'))?.record.value).toBe('1');
});

test('P4 a replica that loses its contents meanwhile is compared at once', async () => {
  const { scheduled, processes, peer, saved } = await withOneThatCannotBePulled();
  await processes[0].put('k');
  await scheduled(9);
  peer.replaceStore();
  await processes[1].put('next');
  await until(async () => (await peer.store.get('k')) !== undefined);
  expect((await saved()).contentsId).toBe(peer.store.id);
});
