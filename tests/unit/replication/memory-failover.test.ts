// The replica of two in-memory nodes takes the lead without its primary, and both heal afterwards.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { divergentKey } from '../../../lib/divergent.ts';
import type { StoredRecord } from '../../../lib/record.ts';
import { MemoryNode } from '../../../lib/replication/memory-node.ts';
import { memoryStore } from '../../../lib/store/memory/store.ts';
import { LinkedNodes, type NodeName } from '../../support/linked-nodes.ts';

const BOTH = ['a', 'b'] as const;

let pair: LinkedNodes;
beforeEach(async () => {
  pair = new LinkedNodes((options) => new MemoryNode(options));
  for (const name of BOTH) start(name);
  await pair.untilHealed('a');
});
afterEach(() => {
  expect(pair.errors).toEqual([]);
});

const start = (name: NodeName) => pair.start(name, memoryStore(1e9));
const recordOn = async (name: NodeName, key: string) => (await pair.store(name).get(key))?.record;

/** What a node lists as divergent: the names, and the values as they are kept. */
async function listedOn(name: NodeName): Promise<Record<string, unknown>> {
  const { entries } = await pair.store(name).divergent({ limit: 100 });
  return Object.fromEntries(entries.map(({ record: { key, value } }) => [key, JSON.parse(`${value}`)]));
}

async function expectListed(...writes: readonly (readonly [StoredRecord, unknown])[]): Promise<void> {
  const expected = Object.fromEntries(writes.map(([write, kept]) => [divergentKey(write), kept]));
  for (const name of BOTH) expect(await listedOn(name)).toEqual(expected);
}

/** Cuts the link, and has B lead without A, which does not know of it. */
async function split(): Promise<number> {
  pair.cut('a', 'b');
  return (await pair.promote('b', true)).epoch;
}

async function heal(leading: NodeName = 'b'): Promise<void> {
  pair.mend();
  await pair.repair(leading);
  await pair.untilHealed(leading);
}

describe('a failover', () => {
  test('R4 hears of a primary of a later epoch, although its store knows that epoch already, and steps down', async () => {
    const { highestEpoch } = await pair.node('a').describe();
    await split();
    // An answer that the store has heard too late for the promotion: the clock of this node is behind that of A.
    const later = highestEpoch + 1_000_000;
    await pair.store('b').raiseEpoch(later);
    await pair.node('b').handshake({ role: 'primary', id: pair.store('a').id, state: 'serving', highestEpoch: later });
    expect(await pair.node('b').describe()).toMatchObject({ role: 'replica', highestEpoch: later });
  });

  test('leads at once with what the replica holds, in an odd epoch above every one that it has heard', async () => {
    await pair.write('a', 'k', 'v');
    const { epoch: former } = await pair.node('a').primary();
    pair.stop('a');
    const began = pair.clock.time;
    const promotion = await pair.promote('b', true);
    expect(promotion).toEqual({ mode: 'failover', epoch: expect.any(Number), atRisk: 0 });
    expect(pair.clock.time).toBe(began);
    expect(promotion.epoch).toBeGreaterThan(former);
    expect(promotion.epoch % 2).toBe(1);
    expect(await pair.write('b', 'k', 'w')).toMatchObject({ record: { version: 2, epoch: promotion.epoch } });
  });

  test('P9 leads in an epoch above the one that the other node has told of as a replica, however far its own clock is behind', async () => {
    await pair.promote('b');
    const { epoch } = await pair.node('b').primary();
    pair.cut('a', 'b');
    const b = pair.start('b', memoryStore(1e9));
    await b.handshake(await pair.node('a').describe());
    pair.clock.time -= 172_800_000;
    expect((await pair.promote('b', true)).epoch).toBeGreaterThan(epoch);
  });

  test('says how many writes the former primary last said that it owed', async () => {
    for (const key of ['owed', 'owed too']) {
      pair.refused.add(key);
      await pair.write('a', key, 'v');
    }
    await pair.write('a', 'k', 'v');
    pair.stop('a');
    expect(await pair.promote('b', true)).toMatchObject({ atRisk: 2 });
  });

  test('does not know how many where no primary has ever said so', async () => {
    for (const name of BOTH) pair.stop(name);
    const store = memoryStore(1e9);
    await store.completed();
    pair.start('b', store);
    expect(await pair.promote('b', true)).toMatchObject({ mode: 'failover', atRisk: null });
  });

  test('R4 makes the former primary a replica as soon as it hears of the later epoch, by whichever message', async () => {
    const epoch = await split();
    expect(await pair.write('a', 'k', 'v')).toMatchObject({ delivery: { replicated: false } });
    pair.mend();
    await pair.write('b', 'other', 'v');
    await expect(pair.write('a', 'k', 'w')).rejects.toMatchObject({ code: 'not_primary' });
    await pair.untilHealed('b');
    expect((await pair.store('a').highestEpoch()).epoch).toBe(epoch);
  });

  test('R4 is heard by the former primary also where it is the one that asks', async () => {
    await split();
    pair.mend();
    expect(await pair.write('a', 'k', 'v')).toMatchObject({ delivery: { replicated: false } });
    await expect(pair.write('a', 'k', 'w')).rejects.toMatchObject({ code: 'not_primary' });
    await pair.untilHealed('b');
    expect(await pair.value('b', 'k')).toBe('v');
  });

  test('R3 R4 that the former primary has heard of is what its next epoch is above, also where its clock is behind', async () => {
    await pair.store('b').raiseEpoch(pair.clock.time + 1_000_000);
    const epoch = await split();
    pair.loses = ({ kind }) => kind !== 'handshake';
    await pair.clock.during(pair.node('a').handshake(await pair.node('b').describe()));
    await expect(pair.write('a', 'k', 'v')).rejects.toMatchObject({ code: 'not_primary' });
    pair.cut('a', 'b');
    const again = await pair.promote('a', true);
    expect(again).toMatchObject({ mode: 'failover' });
    expect(again.epoch).toBeGreaterThan(epoch);
    await heal('a');
  });

  test('P4 R1 is followed without a write or a repair when the former primary starts again', async () => {
    await pair.write('a', 'k', 'v');
    pair.stop('a');
    await pair.promote('b', true);
    await pair.write('b', 'k', 'w');
    start('a');
    await pair.untilHealed('b');
    expect(await pair.value('a', 'k')).toBe('w');
  });
});

describe('P9 when both nodes have led', () => {
  test('R10 what nobody has superseded is taken over, its stamps unchanged', async () => {
    await pair.write('a', 'seen', 'v');
    await split();
    const written = [
      (await pair.write('a', 'only there', 'v')).record,
      (await pair.write('a', 'seen', 'w')).record,
      (await pair.write('a', 'seen', 'x')).record,
    ];
    const own = (await pair.write('b', 'only here', 'v')).record;
    await heal();
    for (const name of BOTH) {
      expect(await recordOn(name, 'only there')).toEqual(written[0]);
      expect(await recordOn(name, 'seen')).toEqual(written[2]);
      expect(await recordOn(name, 'only here')).toEqual(own);
    }
    await expectListed();
  });

  test('R9 what was superseded unseen is listed on both nodes, under its name, with its value', async () => {
    await pair.write('a', 'both', 'before');
    await pair.write('a', 'deleted there', 'before');
    await pair.write('a', 'deleted here', 'before');
    await split();
    const there = [
      (await pair.write('a', 'both', { of: 'a' })).record,
      (await pair.write('a', 'deleted there')).record,
      (await pair.write('a', 'deleted here', 'of a')).record,
      (await pair.write('a', 'new on both', [1])).record,
    ] as const;
    const here = [
      (await pair.write('b', 'both', { of: 'b' })).record,
      (await pair.write('b', 'deleted there', 'of b')).record,
      (await pair.write('b', 'deleted here')).record,
      (await pair.write('b', 'new on both', [2])).record,
    ];
    await heal();
    for (const name of BOTH) for (const record of here) expect(await recordOn(name, record.key)).toEqual(record);
    await expectListed(
      [there[0], { value: { of: 'a' } }],
      [there[1], { deleted: true }],
      [there[2], { value: 'of a' }],
      [there[3], { value: [1] }],
    );
  });

  test('R9 of several writes of a key the last one is listed: it had seen the others', async () => {
    await split();
    await pair.write('a', 'k', 1);
    await pair.write('a', 'k', 2);
    const last = (await pair.write('a', 'k', 3)).record;
    await pair.write('b', 'k', 4);
    await heal();
    await expectListed([last, { value: 3 }]);
  });

  test('R9 a write is not listed that the new primary had seen', async () => {
    await pair.write('a', 'k', 'seen');
    await split();
    await pair.write('b', 'k', 'w');
    await heal();
    await expectListed();
  });

  test('R9 a write whose answer was lost, and which the new primary has seen, is not listed', async () => {
    pair.loses = ({ kind, isAnswer }) => kind === 'replicate' && isAnswer;
    expect(await pair.write('a', 'k', 'seen')).toMatchObject({ delivery: { replicated: false } });
    await split();
    await pair.write('b', 'k', 'w');
    await heal();
    await expectListed();
    expect(await pair.value('a', 'k')).toBe('w');
  });

  test('R9 a write that is on its way while the replica takes the lead counts as none of the new epoch', async () => {
    pair.before = ({ kind, isAnswer }) => {
      if (kind !== 'replicate' || isAnswer) return;
      pair.before = () => {};
      void pair.node('b').promote(true);
    };
    const { record, delivery } = await pair.write('a', 'k', 'v');
    expect(delivery).toMatchObject({ replicated: false });
    await pair.write('b', 'k', 'w');
    await pair.untilHealed('b');
    // Whether it arrived before the new primary wrote or after: it is not gone.
    const isListed = divergentKey(record) in (await listedOn('b'));
    const { base } = (await recordOn('b', 'k')) as StoredRecord;
    expect(isListed || base?.epoch === record.epoch).toBe(true);
  });

  test('a divergent write that an operator acknowledges is off the list on both nodes, and stays so', async () => {
    await split();
    const { record } = await pair.write('a', 'k', 1);
    await pair.write('b', 'k', 2);
    await heal();
    await expectListed([record, { value: 1 }]);
    await pair.write('b', divergentKey(record));
    await pair.untilHealed('b');
    await expectListed();
    for (const name of ['a', 'b'] as const) {
      start(name);
      await pair.untilHealed('b');
      await pair.repair('b');
      await expectListed();
    }
  });

  test('a divergent write goes on to be listed when either node starts again, and when the roles change', async () => {
    await split();
    const { record } = await pair.write('a', 'k', 1);
    await pair.write('b', 'k', 2);
    await heal();
    for (const name of BOTH) {
      start(name);
      await pair.untilHealed('b');
      await expectListed([record, { value: 1 }]);
    }
    await pair.promote('a');
    await pair.untilHealed('a');
    await expectListed([record, { value: 1 }]);
  });

  test('R9 a divergent write goes on to be listed when its own contents write again: what superseded it had not seen it', async () => {
    await split();
    const there = (await pair.write('a', 'k', 1)).record;
    await pair.write('b', 'k', 2);
    await heal();
    await pair.promote('a');
    await pair.write('a', 'k', 3);
    await pair.untilHealed('a');
    await expectListed([there, { value: 1 }]);
  });

  test('twice in turn every write is accounted for', async () => {
    await split();
    const first = (await pair.write('a', 'k', 1)).record;
    await pair.write('b', 'k', 2);
    await heal();
    pair.cut('a', 'b');
    await pair.promote('a', true);
    await pair.write('a', 'other', 3);
    const third = (await pair.write('b', 'k', 4)).record;
    const fourth = (await pair.write('b', 'other', 5)).record;
    await heal('a');
    for (const name of BOTH) {
      expect(await recordOn(name, 'k')).toEqual(third);
      expect(await pair.value(name, 'other')).toBe(3);
    }
    await expectListed([first, { value: 1 }], [fourth, { value: 5 }]);
  });

  test('cut in one direction only: the former primary learns of the later epoch, or is heard no more', async () => {
    for (const sender of BOTH) {
      pair.cut(sender);
      await pair.promote('b', true);
      const there = await pair.write('a', `${sender} k`, 1).catch(() => undefined);
      await pair.write('b', `${sender} k`, 2);
      await heal();
      const isListed = there !== undefined && divergentKey(there.record) in (await listedOn('a'));
      const { base } = (await recordOn('b', `${sender} k`)) as StoredRecord;
      expect(there === undefined || isListed || base?.epoch === there.record.epoch).toBe(true);
      await pair.promote('a');
      await pair.untilHealed('a');
    }
  });
});
