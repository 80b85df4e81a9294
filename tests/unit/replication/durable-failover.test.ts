// A replica over a durable store takes the lead without its primary, and both nodes heal afterwards.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { divergentKey } from '../../../lib/divergent.ts';
import { TandemError } from '../../../lib/errors.ts';
import { EPOCH_MS } from '../../../lib/limits.ts';
import { durableStore } from '../../support/durable.ts';
import { DurableNodes, put } from '../../support/durable-nodes.ts';
import type { NodeName } from '../../support/linked-nodes.ts';

const BOTH = ['a', 'b'] as const;

let pair: DurableNodes;
beforeEach(async () => {
  pair = new DurableNodes();
  await pair.begin();
});
afterEach(() => {
  expect(pair.errors).toEqual([]);
});

async function expectHealed(leading: NodeName): Promise<void> {
  await pair.repair(leading);
  expect(await pair.isHealed(leading)).toBe(true);
}

describe('a failover', () => {
  const split = async () => {
    pair.cut('a', 'b');
    return pair.promote('b', true);
  };

  test('says how many writes the former primary last said that it owed, to whichever process', async () => {
    pair.refused.add('bad');
    await pair.write('a', 'bad', 'v');
    const said = await pair.node('a').describe();
    await pair.node('b').handshake({ ...said, owed: 1 });
    pair.replaceProcess('b');
    expect(await split()).toMatchObject({ mode: 'failover', atRisk: 1 });
  });

  test('P9 R9 R10 loses no write: what nobody superseded is taken over, the rest is listed on both nodes', async () => {
    await split();
    const only = (await pair.write('a', 'only there', 'v')).record;
    const both = (await pair.write('a', 'seen', 'of a')).record;
    await pair.write('b', 'seen', 'of b');
    pair.mend();
    await expectHealed('b');
    for (const name of BOTH) {
      pair.replaceProcess(name);
      expect((await pair.store(name).get('only there'))?.record).toEqual(only);
      expect(await pair.value(name, 'seen')).toBe('of b');
      const { entries } = await pair.store(name).divergent({ limit: 10 });
      expect(entries.map(({ record: { key, value } }) => [key, value])).toEqual([
        [divergentKey(both), '{"value":"of a"}'],
      ]);
    }
    await pair.write('b', divergentKey(both));
    await expectHealed('b');
    for (const name of BOTH) expect(await pair.store(name).divergentCount()).toBe(0);
  });

  test('P3 R4 ends the lead of each process of the former primary within a second', async () => {
    const other = pair.join('a');
    await pair.clock.during(put(other, 'k', 'v'));
    await split();
    pair.mend();
    expect(await pair.write('a', 'k', 'w')).toMatchObject({ delivery: { replicated: false } });
    await expect(pair.write('a', 'k', 'x')).rejects.toMatchObject({ code: 'not_primary' });
    await pair.clock.pass(1000);
    await expect(put(other, 'k', 'x')).rejects.toMatchObject({ code: 'not_primary' });
    await expectHealed('b');
    expect(await pair.value('b', 'k')).toBe('w');
  });

  test('R3 R4 that the former primary has heard of is what its next epoch is above, also where its clock is behind', async () => {
    await pair.store('b').raiseEpoch(pair.clock.time + 1_000_000);
    const { epoch } = await split();
    pair.loses = ({ kind }) => kind !== 'handshake';
    await pair.node('a').hear(await pair.node('b').describe());
    await expect(pair.write('a', 'k', 'v')).rejects.toMatchObject({ code: 'not_primary' });
    pair.cut('a', 'b');
    const again = await pair.promote('a', true);
    expect(again).toMatchObject({ mode: 'failover' });
    expect(again.epoch).toBeGreaterThan(epoch);
  });

  test('R4 is undone where the former primary has begun a later epoch meanwhile: the later one leads', async () => {
    await split();
    await pair.write('b', 'seen', 'of b');
    await pair.clock.pass(EPOCH_MS);
    const { record } = await pair.write('a', 'seen', 'of a');
    const { epoch } = await pair.node('b').primary();
    expect(record.epoch).toBeGreaterThan(epoch);
    pair.mend();
    await pair.tellOther('b');
    await expect(pair.write('b', 'k', 'v')).rejects.toMatchObject({ code: 'not_primary' });
    await expectHealed('a');
    expect(await pair.value('b', 'seen')).toBe('of a');
    expect(await pair.store('b').divergentCount()).toBe(1);
  });

  test('P4 fills the table that was put in the place of the former primary’s, and what that did not take at first', async () => {
    await split();
    await pair.write('b', 'k', 'v');
    pair.start('a', durableStore());
    // The new table knows nobody who leads yet: it hears of B.
    pair.mend();
    pair.refused.add('k');
    await pair.tellOther('b');
    expect((await pair.repair('b')).failed).toBeGreaterThan(0);
    expect(await pair.value('a', 'seen')).toBe('v');
    pair.refused.clear();
    await pair.clock.pass(60_000);
    await expectHealed('b');
    expect(await pair.value('a', 'k')).toBe('v');
  });

  test('P4 takes over again what the store could not take in at first', async () => {
    await split();
    const { record } = await pair.write('a', 'only there', 'v');
    pair.mend();
    const store = pair.store('b');
    const { apply } = store;
    store.apply = async (...args) => {
      if (args[0].key === 'only there') throw new TandemError('store_unavailable', 'Try again.');
      return apply(...args);
    };
    expect((await pair.repair('b')).failed).toBeGreaterThan(0);
    expect(await pair.isHealed('b')).toBe(false);
    store.apply = apply;
    await pair.clock.pass(60_000);
    await expectHealed('b');
    expect((await store.get('only there'))?.record).toEqual(record);
  });
});

describe('POST /promote', () => {
  test('at the primary changes nothing', async () => {
    const { epoch } = await pair.node('a').primary();
    for (const force of [false, true])
      expect(await pair.promote('a', force)).toEqual({ mode: 'none', epoch, atRisk: 0 });
  });

  test('at a replica that is being filled is refused; by force it is a failover, and nobody knows what is at risk', async () => {
    pair.start('b', durableStore());
    await expect(pair.promote('b')).rejects.toMatchObject({ code: 'not_in_sync' });
    pair.cut('a', 'b');
    expect(await pair.promote('b', true)).toMatchObject({ mode: 'failover', atRisk: null });
    await pair.write('b', 'seen', 'new');
    pair.mend();
    await expectHealed('b');
    expect(await pair.value('a', 'seen')).toBe('new');
  });

  test('P7 by force, of a replica that is being filled, does not say that a key is absent before the nodes were compared', async () => {
    pair.start('b', durableStore());
    await pair.promote('b', true);
    pair.loses = ({ kind }) => kind === 'digest';
    await pair.repair('b');
    await expect(pair.write('b', 'seen')).rejects.toMatchObject({ code: 'recovering' });
    pair.mend();
    await expectHealed('b');
    expect(await pair.write('b', 'seen')).toMatchObject({ record: { version: 2 } });
  });

  test('P7 by force, of a replica that another process hears to be complete meanwhile: what it does not hold is absent', async () => {
    pair.start('b', durableStore());
    await pair.promote('b', true);
    await pair.store('b').completed();
    pair.loses = ({ kind }) => kind === 'digest';
    await pair.repair('b');
    await expect(pair.write('b', 'never')).rejects.toMatchObject({ code: 'key_not_found' });
  });

  test('P7 by force, of a replica that is being filled, stands against a message that another process has let in before', async () => {
    pair.start('b', durableStore());
    const other = pair.join('b');
    const { epoch } = await pair.node('a').primary();
    const batch = { from: pair.store('a').id, to: pair.store('b').id, epoch, records: [] };
    await other.replica.apply({ ...batch, owed: 1 });
    pair.cut('a', 'b');
    await pair.promote('b', true);
    await other.replica.apply({ ...batch, owed: 2 });
    pair.loses = ({ kind }) => kind === 'digest';
    await pair.repair('b');
    await expect(pair.write('b', 'seen')).rejects.toMatchObject({ code: 'recovering' });
  });

  test('at two processes of the replica at once is done once: the other one is told why, or the same', async () => {
    const processes = [pair.node('b'), pair.join('b')];
    const both = await pair.clock.during(Promise.allSettled(processes.map((process) => process.promote(false))));
    const done = both.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
    expect(done.length).toBeGreaterThan(0);
    const { epoch } = await pair.node('b').primary();
    for (const promotion of done) expect(promotion).toEqual({ mode: 'switchover', epoch, atRisk: 0 });
    for (const result of both)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'not_in_sync' });
    await expectHealed('b');
  });
});
