// Several processes of a primary keep one note of what they know of the replica: none hides what another has noted.
import { describe, expect, test } from '@jest/globals';
import { TandemError } from '../../../lib/errors.ts';
import { savedReplicaState, shareReplicaState } from '../../../lib/replication/shared-replica-state.ts';
import { durableStore } from '../../support/durable.ts';
import { startProcess } from '../../support/process.ts';
import { START, TestClock, TestPeer } from '../../support/replication.ts';

/** Two processes that know the same, as do put and the scheduled repair, both awake for long. */
async function twoProcesses() {
  const [store, peer, clock] = [durableStore(), new TestPeer(), new TestClock()];
  const first = await startProcess(store, peer, clock);
  await first.put('k');
  await first.primary.repair(60_000);
  const [writer, repairer] = [await startProcess(store, peer, clock), await startProcess(store, peer, clock)];
  return { store, peer, clock, writer, repairer, noted: () => savedReplicaState(store.nodeState) };
}

const hourly = (clock: TestClock) => clock.time - 3_600_000;

describe('a note that several processes keep', () => {
  test('tells the scheduled repair that a write has found a replica which lost its contents', async () => {
    const { peer, clock, writer, repairer, noted } = await twoProcesses();
    peer.replaceStore();
    peer.questionsFail = 'replica timed out';
    await writer.put('next');
    expect(await noted()).toMatchObject({ contentsId: peer.store.id, owesComparison: true });
    peer.questionsFail = undefined;
    await repairer.primary.repair(60_000, hourly(clock));
    expect((await peer.store.get('k'))?.record.value).toBe('"k"');
    expect(await noted()).toMatchObject({ contentsId: peer.store.id, owesComparison: false });
  });

  test('tells a write that the comparison which it owes has been made', async () => {
    const { store, peer, clock, noted } = await twoProcesses();
    const late = new TestPeer();
    const [writer, repairer] = [await startProcess(store, late, clock), await startProcess(store, late, clock)];
    late.questionsFail = 'replica timed out';
    await writer.put('next');
    late.questionsFail = undefined;
    await repairer.primary.repair(60_000);
    clock.time += 20_000;
    let asked = 0;
    late.onQuestion = () => asked++;
    await writer.put('another');
    expect(asked).toBe(0);
    expect(await noted()).toMatchObject({ contentsId: late.store.id, owesComparison: false, comparedAt: START });
    expect(peer.store.id).not.toBe(late.store.id);
  });

  test('is not set back by a process that notes something else', async () => {
    const { clock, peer, writer, repairer, noted } = await twoProcesses();
    clock.time += 5000;
    await repairer.primary.repair(60_000);
    peer.down = 'replica unreachable';
    await writer.put('next');
    expect(await noted()).toMatchObject({ comparedAt: START + 5000, error: 'replica unreachable' });
  });

  test('goes on to say that another primary took over', async () => {
    const { peer, clock, writer, repairer, noted } = await twoProcesses();
    await peer.store.raiseEpoch(START + 9000);
    await writer.put('next');
    expect(await noted()).toMatchObject({ fencedBy: START + 9000 });
    peer.down = 'replica unreachable';
    await repairer.primary.repair(60_000, hourly(clock));
    expect(await noted()).toMatchObject({ fencedBy: START + 9000 });
    await expect(repairer.put('k')).rejects.toMatchObject({ code: 'not_primary' });
  });

  test('that cannot be written changes nothing of what a write is answered, and is written with the next one', async () => {
    const { store, peer, writer, noted } = await twoProcesses();
    const { setPeerState } = store.nodeState;
    store.nodeState.setPeerState = async () => {
      throw new TandemError('store_unavailable', 'The store takes no more requests at the moment.');
    };
    peer.replaceStore();
    expect(await writer.put('k')).toMatchObject({ delivery: { replicated: true } });
    store.nodeState.setPeerState = setPeerState;
    await writer.put('k');
    expect(await noted()).toMatchObject({ contentsId: peer.store.id });
  });

  test('is still to be written after it was read, or could not be written', async () => {
    const { store, noted } = await twoProcesses();
    const shared = await shareReplicaState(store.nodeState, START);
    const { replicaState } = shared;
    const { setPeerState } = store.nodeState;
    replicaState.answered('another', START);
    store.nodeState.setPeerState = () => Promise.reject(new TandemError('store_unavailable', 'Try again.'));
    await expect(shared.save('closed')).rejects.toThrow('Try again.');
    store.nodeState.setPeerState = setPeerState;
    await shared.load();
    expect(replicaState.facts).toMatchObject({ contentsId: 'another', owesComparison: true });
    await shared.save('closed');
    expect(await noted()).toMatchObject({ contentsId: 'another', owesComparison: true });
  });
});
