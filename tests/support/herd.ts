// Processes of a primary that find the replica answering at one moment, after an outage in which each has left records to
// the backlog.
import { expect } from '@jest/globals';
import type { Store } from '../../lib/store/store.ts';
import { type DurableStore, startProcess } from './process.ts';
import { TestClock, TestPeer } from './replication.ts';
import { until } from './until.ts';

const PROCESSES = 7;

/**
 * Has a write of each process find the replica answering, and waits until nothing is owed any more.
 * @param owed how many records are owed
 * @param isLocking whether a process repairs only while no other does
 * @returns how many records were sent for each that was owed
 */
export async function sentByAHerd(options: {
  readonly store: DurableStore;
  readonly replica: Store;
  readonly owed: number;
  readonly isLocking?: boolean;
}): Promise<number> {
  const { store, replica, owed, isLocking = true } = options;
  const [peer, clock] = [new TestPeer(replica), new TestClock()];
  const starts = Array.from({ length: PROCESSES }, () => startProcess(store, peer, clock, isLocking));
  const processes = await Promise.all(starts);
  for (const { put, primary } of processes) {
    await put('known');
    await primary.repair(60_000, clock.time - 3_600_000);
  }
  peer.down = 'replica unreachable';
  for (let i = 0; i < owed; i++) await processes[i % PROCESSES]?.put(`owed/${i}`);
  peer.down = undefined;
  clock.time += 60_000;
  const from = peer.batches.length;
  await Promise.all(processes.map(({ put }, i) => put(`new/${i}`)));
  await until(async () => (await store.backlogSize()).count === 0);
  const keys = peer.batches.slice(from).flatMap(({ records }) => records.map(({ key }) => key));
  const sent = keys.filter((key) => key.startsWith('owed/'));
  expect(new Set(sent).size).toBe(owed);
  return sent.length / owed;
}
