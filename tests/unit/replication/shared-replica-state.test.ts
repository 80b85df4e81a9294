// Several processes of a primary share one replica state: none hides what another has learned and saved.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TandemError } from '../../../lib/errors.ts';
import { PeerError } from '../../../lib/peer/peer.ts';
import { type Comparison, ReplicaState } from '../../../lib/replication/replica-state.ts';
import {
  type SharedReplicaState,
  savedReplicaState,
  saveFirstReplicaState,
  shareReplicaState,
} from '../../../lib/replication/shared-replica-state.ts';
import type { NodeState } from '../../../lib/store/store.ts';
import { durableStore } from '../../support/durable.ts';
import { startProcess } from '../../support/process.ts';
import { START, TestClock, TestPeer } from '../../support/replication.ts';
import { until } from '../../support/until.ts';

/** Two processes that know the same, as do put and the scheduled repair, both awake for long. */
async function twoProcesses() {
  const [store, peer, clock] = [durableStore(), new TestPeer(), new TestClock()];
  const first = await startProcess(store, peer, clock);
  await first.put('k');
  await first.primary.repair(60_000);
  const [writer, repairer] = [await startProcess(store, peer, clock), await startProcess(store, peer, clock)];
  return { store, peer, clock, writer, repairer, saved: () => savedReplicaState(store.nodeState) };
}

const hourly = (clock: TestClock) => clock.time - 3_600_000;

describe('a replica state that several processes share', () => {
  test('P4 tells the scheduled repair that a write has found a replica which lost its contents', async () => {
    const { peer, clock, writer, repairer, saved } = await twoProcesses();
    peer.replaceStore();
    peer.questionsFail = 'replica timed out';
    await writer.put('next');
    expect(await saved()).toMatchObject({ contentsId: peer.store.id, owesComparison: true });
    peer.questionsFail = undefined;
    await repairer.primary.repair(60_000, hourly(clock));
    expect((await peer.store.get('k'))?.record.value).toBe('"k"');
    expect(await saved()).toMatchObject({ contentsId: peer.store.id, owesComparison: false });
  });

  test('tells a write that the comparison which it owes has been made', async () => {
    const { store, peer, clock, saved } = await twoProcesses();
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
    expect(await saved()).toMatchObject({ contentsId: late.store.id, owesComparison: false, comparedAt: START });
    expect(peer.store.id).not.toBe(late.store.id);
  });

  test('is not set back by a process that saves something else', async () => {
    const { clock, peer, writer, repairer, saved } = await twoProcesses();
    clock.time += 5000;
    await repairer.primary.repair(60_000);
    peer.down = 'replica unreachable';
    await writer.put('next');
    expect(await saved()).toMatchObject({ comparedAt: START + 5000, error: 'replica unreachable' });
  });

  test('P3 R4 is none of whether this node leads: that is its role, which all processes learn at once', async () => {
    const { peer, writer, repairer, saved } = await twoProcesses();
    await peer.store.raiseEpoch(START + 9000);
    await writer.put('next');
    expect(await saved()).toMatchObject({ error: expect.stringContaining('was replaced') });
    await expect(repairer.put('k')).rejects.toMatchObject({ code: 'not_primary' });
  });

  test('P6 that cannot be saved changes nothing of what a write is answered, and is saved with the next one', async () => {
    const { store, peer, writer, saved } = await twoProcesses();
    const { keepNote } = store.nodeState;
    store.nodeState.keepNote = async () => {
      throw new TandemError('store_unavailable', 'The store takes no more requests at the moment.');
    };
    peer.replaceStore();
    expect(await writer.put('k')).toMatchObject({ delivery: { replicated: true } });
    store.nodeState.keepNote = keepNote;
    await writer.put('k');
    expect(await saved()).toMatchObject({ contentsId: peer.store.id });
  });

  test('is still to be saved after it was loaded, or could not be saved', async () => {
    const { store, saved } = await twoProcesses();
    const shared = await shareReplicaState(store.nodeState, START, 0);
    const { replicaState } = shared;
    const { keepNote } = store.nodeState;
    replicaState.met('another', START);
    store.nodeState.keepNote = () => Promise.reject(new TandemError('store_unavailable', 'Try again.'));
    await expect(shared.save('closed')).rejects.toThrow('Try again.');
    store.nodeState.keepNote = keepNote;
    await shared.load();
    expect(replicaState.facts).toMatchObject({ contentsId: 'another', owesComparison: true });
    await shared.save('closed');
    expect(await saved()).toMatchObject({ contentsId: 'another', owesComparison: true });
  });
});

describe('P4 several processes meet one replica after the other, and compare', () => {
  test('what one of them owes to new contents is not paid by the comparison of another one with the former ones', async () => {
    const { nodeState } = durableStore();
    const share = () => shareReplicaState(nodeState, START, 0);
    const [one, other] = [await share(), await share()];
    one.replicaState.met('first', START, true);
    await one.save('closed');
    await other.load();
    const comparison = one.replicaState.comparisonStarted('first');
    one.replicaState.comparisonEnded(comparison, START);
    await one.save('closed');
    other.replicaState.met('second', START);
    await other.load();
    const owed = { contentsId: 'second', owesComparison: true, isRefilling: true };
    expect(other.replicaState.facts).toMatchObject(owed);
    await other.save('closed');
    expect(await savedReplicaState(nodeState)).toMatchObject(owed);
    await one.load();
    expect(one.replicaState.facts).toMatchObject(owed);
  });

  test('what two of them learn, and save, at the same moment is kept of both', async () => {
    const { nodeState } = durableStore();
    await saveFirstReplicaState(nodeState, ReplicaState.ofNewPrimary(false).facts, 1);
    const share = () => shareReplicaState(nodeState, START, 1);
    const [one, other] = [await share(), await share()];
    one.replicaState.met('first', START);
    await one.save('closed', true);
    await other.load();
    one.replicaState.met('second', START);
    other.replicaState.absenceTakenForTrue();
    await Promise.all([one, other].map(({ save }) => save('closed', true)));
    expect(await savedReplicaState(nodeState)).toMatchObject({ contentsId: 'second', hasStartedAlone: false });
  });

  test('is saved once by many that find the same at the same moment, and by none of them twice', async () => {
    const { nodeState } = durableStore();
    const processes = await Promise.all(Array.from({ length: 30 }, () => shareReplicaState(nodeState, START, 0)));
    for (const { replicaState } of processes) replicaState.requestFailed(new PeerError('replica unreachable'));
    await Promise.all(processes.map(({ save }) => save('open')));
    expect((await nodeState.note('replica-state')).revision).toBe(1);
    expect(await savedReplicaState(nodeState)).toMatchObject({ error: 'replica unreachable', circuit: 'open' });
    const { keepNote } = nodeState;
    nodeState.keepNote = () => Promise.reject(new Error('It was saved already.'));
    await Promise.all(processes.map(({ save }) => save('open')));
    nodeState.keepNote = keepNote;
  });

  test('that others change each time is saved by the next call', async () => {
    const { nodeState } = durableStore();
    const { replicaState, save } = await shareReplicaState(nodeState, START, 0);
    replicaState.met('first', START);
    const { keepNote } = nodeState;
    nodeState.keepNote = async () => false;
    await save('closed', true);
    nodeState.keepNote = keepNote;
    await save('closed');
    expect(await savedReplicaState(nodeState)).toMatchObject({ contentsId: 'first' });
  });

  test('of a promotion that went no further is replaced by the one of the next; what was learned while it led is not', async () => {
    const { nodeState } = durableStore();
    await saveFirstReplicaState(nodeState, ReplicaState.ofNewPrimary(false).facts, 1);
    await saveFirstReplicaState(nodeState, ReplicaState.ofNewPrimary(true).facts, 1);
    const { replicaState, save } = await shareReplicaState(nodeState, START, 1);
    expect(replicaState.facts.hasStartedAlone).toBe(false);
    replicaState.met('first', START);
    await save('closed');
    await saveFirstReplicaState(nodeState, ReplicaState.ofNewPrimary(false).facts, 1);
    expect(await savedReplicaState(nodeState)).toMatchObject({ contentsId: 'first', hasStartedAlone: false });
  });

  test('of a primary that has been replaced, and leads again, none of an earlier term is heard', async () => {
    const { nodeState } = durableStore();
    const late = await shareReplicaState(nodeState, START, 0);
    late.replicaState.met('first', START);
    await saveFirstReplicaState(nodeState, ReplicaState.ofNewPrimary(false).facts, 2);
    await late.save('closed');
    expect(await savedReplicaState(nodeState)).not.toHaveProperty('contentsId');
    const leading = await shareReplicaState(nodeState, START, 2);
    leading.replicaState.met('second', START);
    await leading.save('closed');
    await late.load();
    expect(late.replicaState.facts).toMatchObject({ contentsId: 'first', hasStartedAlone: false });
    await saveFirstReplicaState(nodeState, ReplicaState.ofNewPrimary(true).facts, 2);
    expect(await savedReplicaState(nodeState)).toMatchObject({ contentsId: 'second', hasStartedAlone: true });
  });

  test('a comparison that was made before other contents were met, and the same again, does not count, however late it is saved', async () => {
    const { nodeState } = durableStore();
    await nodeState.keepNote('replica-state', JSON.stringify({ contentsId: 'first' }), 0);
    const share = () => shareReplicaState(nodeState, START, 0);
    for (const stopsAt of [undefined, 64]) {
      const [one, other] = [await share(), await share()];
      const started = one.replicaState.comparisonStarted('first');
      if (stopsAt === undefined) one.replicaState.comparisonEnded(started, START);
      else one.replicaState.comparedUpTo({ ...started, from: stopsAt });
      for (const contents of ['second', 'first']) other.replicaState.met(contents, START);
      await other.save('closed');
      await one.save('closed', true);
      const saved = await savedReplicaState(nodeState);
      expect(saved).toMatchObject({ contentsId: 'first', owesComparison: true, isRefilling: true });
      expect(saved).not.toHaveProperty('comparison');
    }
  });

  test('two that were made at once, and found the nodes equal, leave nothing owed, in whichever order they are saved', async () => {
    for (const isOwedFirst of [true, false]) {
      const { nodeState } = durableStore();
      const owed = { contentsId: 'first', owesComparison: isOwedFirst };
      await nodeState.keepNote('replica-state', JSON.stringify(owed), 0);
      const share = () => shareReplicaState(nodeState, START, 0);
      const processes = [await share(), await share()];
      for (const { replicaState } of processes) {
        replicaState.comparisonOwed();
        replicaState.comparisonEnded(replicaState.comparisonStarted('first'), START);
      }
      for (const { save } of processes) await save('closed', true);
      expect(await savedReplicaState(nodeState)).toMatchObject({ owesComparison: false, comparedAt: START });
    }
  });

  test('one that left something differing stays owed beside one before it that did not, and is saved later', async () => {
    const { nodeState } = durableStore();
    await nodeState.keepNote('replica-state', JSON.stringify({ contentsId: 'first' }), 0);
    const share = () => shareReplicaState(nodeState, START, 0);
    for (const isBadFirst of [true, false]) {
      const [bad, good] = [await share(), await share()];
      const ended = (process: SharedReplicaState, hasFailures: boolean) => {
        const started = process.replicaState.comparisonStarted('first');
        process.replicaState.comparisonEnded({ ...started, hasFailures }, START);
      };
      ended(bad, true);
      ended(good, false);
      for (const process of isBadFirst ? [bad, good] : [good, bad]) await process.save('closed', true);
      expect(await savedReplicaState(nodeState)).toMatchObject({ owesComparison: true });
    }
  });

  const PROCESSES = 3;
  const step = fc.record({
    process: fc.nat(PROCESSES - 1),
    act: fc.constantFrom('meet', 'meet', 'start', 'end', 'end', 'save', 'load', 'replace'),
    isAnswered: fc.boolean(),
  });

  test('in any order: in the end a comparison is owed, unless one was made since other contents were last met', async () => {
    const property = fc.asyncProperty(fc.scheduler(), fc.array(step, { maxLength: 40 }), async (scheduler, steps) => {
      const { nodeState: plain } = durableStore();
      await plain.keepNote('replica-state', JSON.stringify({ contentsId: '0' }), 0);
      const nodeState: NodeState = {
        ...plain,
        note: scheduler.scheduleFunction(plain.note),
        keepNote: scheduler.scheduleFunction(plain.keepNote),
      };
      const starting = Promise.all(Array.from({ length: PROCESSES }, () => shareReplicaState(nodeState, START, 0)));
      await scheduler.waitFor(starting);
      const processes = (await starting).map((shared) => ({ shared, comparison: undefined as Comparison | undefined }));
      /** One of three contents, which may come back: what was written meanwhile they lack. */
      let contents = 0;
      let met = 0;
      let isCompared = false;
      const asked: Promise<void>[] = [];
      const meet = ({ replicaState }: SharedReplicaState) => {
        if (met !== contents) {
          isCompared = false;
          for (const each of processes) each.comparison = undefined;
        }
        met = contents;
        replicaState.met(`${contents}`, START);
      };
      for (const { process, act, isAnswered } of steps) {
        const one = processes[process] as (typeof processes)[number];
        const { replicaState, load, save } = one.shared;
        if (act === 'replace') contents = (contents + 1) % 3;
        else if (act === 'meet') meet(one.shared);
        else if (act === 'load') asked.push(load());
        else if (act === 'save') asked.push(save('closed'));
        else if (act === 'start' && contents === met && replicaState.facts.contentsId === `${met}`)
          one.comparison = replicaState.comparisonStarted(`${met}`);
        else if (act === 'end' && one.comparison && contents === met) {
          isCompared = true;
          replicaState.comparisonEnded(one.comparison, START);
          one.comparison = undefined;
        }
        if (isAnswered && scheduler.count() > 0) await scheduler.waitOne();
      }
      await scheduler.waitIdle();
      await Promise.all(asked);
      for (const { shared } of processes) {
        meet(shared);
        const saving = shared.save('closed', true);
        await scheduler.waitIdle();
        await saving;
      }
      const saved = await savedReplicaState(plain);
      expect(saved.contentsId).toBe(`${contents}`);
      if (!isCompared) expect(saved.owesComparison).toBe(true);
    });
    await fc.assert(property, { seed: 9, numRuns: 2000 });
  });
});

describe('what a process knows of the replica', () => {
  test('is known to the next process: it compares only when there is a reason to', async () => {
    const a = await startProcess();
    await a.put('k');
    await a.primary.repair(60_000);
    const b = await startProcess(a.store, a.peer, a.clock);
    expect(b.primary.replicaFacts).toMatchObject({
      contentsId: a.peer.store.id,
      owesComparison: false,
      comparedAt: a.clock.time,
    });
    expect(await b.primary.repair(60_000, a.clock.time - 1)).toMatchObject({ bucketsCompared: 0 });
    expect(await b.primary.repair(60_000, a.clock.time)).toMatchObject({ bucketsCompared: 16_384 });
  });

  test('is saved at once when it stops answering, and when it answers again; but not at every write', async () => {
    const { store, peer, put } = await startProcess();
    const savedError = async () => (await savedReplicaState(store.nodeState)).error;
    await put('a');
    const before = await store.nodeState.note('replica-state');
    await put('b');
    expect(await store.nodeState.note('replica-state')).toEqual(before);
    peer.down = 'replica unreachable';
    await put('c');
    expect(await savedError()).toBe('replica unreachable');
    peer.down = undefined;
    await put('d');
    expect(await savedError()).toBeUndefined();
  });

  test('is saved when what a write has set off is over', async () => {
    const { store, peer, put } = await startProcess();
    await put('a');
    await until(async () => (await savedReplicaState(store.nodeState)).comparedAt !== undefined);
    expect(await savedReplicaState(store.nodeState)).toMatchObject({
      contentsId: peer.store.id,
      owesComparison: false,
    });
  });

  test('P4 makes a process that starts later compare a replica that has lost its contents', async () => {
    const a = await startProcess();
    await a.put('k');
    await a.primary.repair(60_000);
    const reborn = new TestPeer();
    const b = await startProcess(a.store, reborn, a.clock);
    await b.put('next');
    expect((await reborn.store.get('k'))?.record.value).toBe('"k"');
  });
});
