// The epoch over a durable store: one for all processes of its primary, and followed by the next after a day. And how the two
// nodes draw theirs.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EPOCH_MS } from '../../../lib/limits.ts';
import { beginEpoch, epochAfter, type Parity, parityOf } from '../../../lib/replication/current-epoch.ts';
import { memoryStore } from '../../../lib/store/memory/store.ts';
import { durableStore } from '../../support/durable.ts';
import { startProcess } from '../../support/process.ts';
import { START, TestClock, TestPeer } from '../../support/replication.ts';

describe('an epoch', () => {
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

  test('follows another after a day, by the next write; a process that has not noticed takes it over', async () => {
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
    expect(b.lead.isHeld()).toBe(true);
  });

  test('begins anew when the store has been a replica meanwhile, above every epoch that it has seen', async () => {
    const { store, peer, clock } = await startProcess();
    await store.raiseEpoch(START + 5000);
    expect((await startProcess(store, peer, clock)).primary.epoch).toBe(START + 5002);
  });

  test('P3 R4 is over when the replica has another primary: no process takes a write, or begins another epoch', async () => {
    const a = await startProcess();
    await a.put('k');
    await a.peer.store.raiseEpoch(START + 9000);
    expect((await a.put('k')).delivery).toMatchObject({ replicated: false });
    await expect(a.put('k')).rejects.toMatchObject({ code: 'not_primary' });
    await expect(startProcess(a.store, a.peer, a.clock)).rejects.toMatchObject({ code: 'not_primary' });
    expect(await a.store.nodeState.epochs()).toEqual({ own: START, highest: START + 9000 });
  });
});

describe('R3 epochs of the two nodes', () => {
  const epoch = fc.integer({ min: 1, max: 2 ** 48 });

  test('are even and odd, and never before the time or the epoch that they are to be above', () => {
    fc.assert(
      fc.property(epoch, epoch, (known, now) => {
        const from = Math.max(known + 1, now);
        for (const parity of [0, 1] as const) {
          const drawn = epochAfter(known, now, parity);
          expect([drawn % 2, drawn >= from, drawn <= from + 1]).toEqual([parity, true, true]);
        }
      }),
    );
    expect([parityOf('primary'), parityOf('replica')]).toEqual([0, 1]);
  });

  test('are above all that a node has heard, and no two are the same', async () => {
    const draw = fc.record({ parity: fc.constantFrom(0, 1), passes: fc.nat(3), isHeard: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(draw, { maxLength: 30 }), async (draws) => {
        const [stores, clock] = [[memoryStore(1e9), memoryStore(1e9)] as const, new TestClock()];
        const drawn = new Set<number>();
        for (const { parity, passes, isHeard } of draws) {
          clock.time += passes;
          const [own, other] = parity === 0 ? stores : [stores[1], stores[0]];
          if (isHeard) await own.raiseEpoch((await other.highestEpoch()).epoch, other.id);
          const { epoch: highest } = await own.highestEpoch();
          const next = await beginEpoch(own, clock, parity as Parity);
          expect([next > highest, next >= clock.time, next % 2, drawn.has(next)]).toEqual([true, true, parity, false]);
          drawn.add(next);
        }
      }),
    );
  });
});
