// A planned change of roles between two in-memory nodes.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MemoryNode } from '../../../lib/replication/memory-node.ts';
import { memoryStore } from '../../../lib/store/memory/store.ts';
import { LinkedNodes, type NodeName } from '../../support/linked-nodes.ts';
import { START } from '../../support/replication.ts';

let pair: LinkedNodes;
beforeEach(async () => {
  pair = new LinkedNodes((options) => new MemoryNode(options));
  for (const name of ['a', 'b'] as const) pair.start(name, memoryStore(1e9));
  await pair.untilHealed('a');
});
afterEach(() => {
  expect(pair.errors).toEqual([]);
});

const gate = () => Promise.withResolvers<void>();
/** Begins without waiting for the end. */
const begin = (name: NodeName, force = false) => pair.node(name).promote(force);

describe('a switchover', () => {
  test('P9 R11 changes the roles: nothing is at risk, nothing is lost, and the new primary leads in an epoch of its own', async () => {
    await pair.write('a', 'kept', 'first');
    await pair.write('a', 'deleted', 'first');
    await pair.write('a', 'deleted');
    const promotion = await pair.promote('b');
    expect(promotion).toEqual({ mode: 'switchover', epoch: expect.any(Number), atRisk: 0 });
    expect(promotion.epoch % 2).toBe(1);
    expect(await pair.write('b', 'kept', 'second')).toMatchObject({
      record: { epoch: promotion.epoch, version: 2 },
      delivery: { replicated: true },
    });
    await expect(pair.write('a', 'kept', 'third')).rejects.toMatchObject({ code: 'not_primary' });
    await pair.untilHealed('b');
    for (const name of ['a', 'b'] as const) {
      expect(await pair.value(name, 'kept')).toBe('second');
      expect((await pair.store(name).get('deleted'))?.record).toMatchObject({ version: 2 });
      expect(await pair.store(name).divergentCount()).toBe(0);
    }
  });

  test('P3 R3 and another one back never give a stamp twice: the epochs of A are even, those of B odd', async () => {
    const stamps: string[] = [];
    const epochs: number[] = [];
    let leading: NodeName = 'a';
    for (let turn = 0; turn < 6; turn++) {
      for (let i = 0; i < 3; i++) {
        const { record } = await pair.write(leading, 'k', `${turn} ${i}`);
        stamps.push(`${record.epoch}-${record.version}`);
      }
      leading = leading === 'a' ? 'b' : 'a';
      epochs.push((await pair.promote(leading)).epoch);
      await pair.untilHealed(leading);
    }
    expect(new Set(stamps).size).toBe(stamps.length);
    expect(epochs.map((epoch) => epoch % 2)).toEqual([1, 0, 1, 0, 1, 0]);
    expect(epochs).toEqual(epochs.toSorted((x, y) => x - y));
    expect((await pair.store('a').get('k'))?.record).toMatchObject({ version: stamps.length });
  });

  test('refuses writes with `switching` meanwhile, and takes what was under way along', async () => {
    const [shipping, comparing] = [gate(), gate()];
    let [ships, compares] = [0, 0];
    pair.before = async ({ kind, isAnswer }) => {
      if (kind === 'replicate' && !isAnswer && ++ships === 1) await shipping.promise;
      if (kind === 'digest' && !isAnswer && ++compares === 1) await comparing.promise;
    };
    const underWay = pair.write('a', 'under way', 'v');
    await pair.clock.when(() => ships === 1);
    const promotion = begin('b');
    await pair.clock.when(() => compares === 1);
    await expect(pair.write('a', 'k', 'v')).rejects.toMatchObject({ code: 'switching' });
    await expect(pair.promote('a')).rejects.toMatchObject({ code: 'switching' });
    expect(await pair.node('a').describe()).toMatchObject({ role: 'primary', state: 'switching' });
    shipping.resolve();
    comparing.resolve();
    expect(await pair.clock.during(promotion)).toMatchObject({ mode: 'switchover' });
    await underWay;
    await expect(pair.write('a', 'k', 'v')).rejects.toMatchObject({ code: 'not_primary' });
    await pair.untilHealed('b');
    expect(await pair.value('b', 'under way')).toBe('v');
    expect(await pair.value('b', 'k')).toBeUndefined();
  });

  test('P9 ships first what the primary owes', async () => {
    pair.cut('a');
    await pair.write('a', 'owed', 'v');
    expect(await pair.store('a').backlogSize()).toMatchObject({ count: 1 });
    pair.mend();
    expect(await pair.promote('b')).toMatchObject({ mode: 'switchover', atRisk: 0 });
    expect(await pair.value('b', 'owed')).toBe('v');
    await pair.untilHealed('b');
  });

  test('R11 whose answer is lost is done: the replica learns of it by the next handshake', async () => {
    pair.loses = ({ kind, isAnswer }) => kind === 'switchover' && isAnswer;
    const promotion = begin('b');
    // The former primary says so, too, before the answer is given up.
    const leading = await pair.clock.when(() => pair.node('b').leading);
    expect(await pair.clock.during(promotion)).toMatchObject({ mode: 'switchover', atRisk: 0 });
    expect(pair.node('b').leading).toBe(leading);
    pair.mend();
    await pair.untilHealed('b');
  });

  test('R11 that is asked for again is done already: the answer is the same', async () => {
    const question = { from: pair.store('b').id, to: pair.store('a').id };
    const { epoch } = await pair.promote('b');
    expect(await pair.node('a').switchover(question)).toEqual({ to: question.from, epoch });
    await expect(pair.node('a').switchover({ ...question, from: 'other' })).rejects.toMatchObject({
      code: 'not_primary',
    });
    await expect(pair.node('a').switchover({ ...question, to: 'other' })).rejects.toMatchObject({
      code: 'other_contents',
    });
  });

  test('R11 is void below an epoch that was heard since, however late it is said', async () => {
    await pair.promoteUnheard();
    const late = await pair.node('a').describe();
    expect(late).toMatchObject({ role: 'replica', grant: { to: pair.store('b').id } });
    await pair.promote('a', true);
    pair.mend();
    await pair.write('a', 'k', 'v');
    await pair.untilHealed('a');
    const before = pair.node('b').roles.believed;
    await pair.clock.during(pair.node('b').handshake(late));
    expect(pair.node('b').roles.believed).toEqual(before);
    await expect(pair.write('b', 'k', 'w')).rejects.toMatchObject({ code: 'not_primary' });
    expect(await pair.isHealed('a')).toBe(true);
  });

  test('R11 after whose answer the link is cut is done: when it is mended, the one leads and the other follows', async () => {
    await pair.write('a', 'k', 'v');
    await pair.promoteUnheard();
    for (const name of ['a', 'b'] as const)
      await expect(pair.write(name, 'k', 'w')).rejects.toMatchObject({ code: 'not_primary' });
    pair.mend();
    await pair.untilHealed('b');
    expect(await pair.write('b', 'k', 'w')).toMatchObject({ record: { version: 2 } });
  });

  test('R11 to contents that are gone is none: the node that starts in their place recovers, and leads', async () => {
    await pair.write('a', 'k', 'v');
    await pair.promoteUnheard();
    pair.start('b', memoryStore(1e9));
    pair.mend();
    await pair.untilHealed('b');
    expect(await pair.value('b', 'k')).toBe('v');
  });

  test('R11 to contents that are gone is none: the former primary leads again where an operator says so', async () => {
    await pair.write('a', 'k', 'v');
    await pair.promoteUnheard();
    pair.stop('b');
    expect(await pair.promote('a', true)).toMatchObject({ mode: 'failover' });
    pair.mend();
    pair.start('b', memoryStore(1e9));
    await pair.untilHealed('a');
    expect(await pair.value('b', 'k')).toBe('v');
  });

  test('R11 that an operator overrides at the former primary, before the replica has heard of it, is void', async () => {
    await pair.write('a', 'k', 'v');
    await pair.promoteUnheard();
    expect(await pair.promote('a', true)).toMatchObject({ mode: 'failover' });
    await pair.write('a', 'k', 'w');
    pair.mend();
    await pair.untilHealed('a');
    expect(await pair.value('b', 'k')).toBe('w');
    await expect(pair.write('b', 'k', 'x')).rejects.toMatchObject({ code: 'not_primary' });
  });
});

describe('a switchover that is held up', () => {
  test('by a record that the replica refuses names it, and all is as before', async () => {
    pair.refused.add('bad');
    await pair.write('a', 'bad', 'v');
    await expect(pair.promote('b')).rejects.toMatchObject({
      code: 'not_in_sync',
      message: expect.stringContaining("'bad' (refused)"),
    });
    expect(await pair.write('a', 'k', 'v')).toMatchObject({ delivery: { replicated: true } });
    await expect(pair.write('b', 'k', 'v')).rejects.toMatchObject({ code: 'not_primary' });
    pair.refused.clear();
    expect(await pair.promote('b')).toMatchObject({ mode: 'switchover' });
    expect(await pair.value('b', 'bad')).toBe('v');
  });

  test('by many such records names five of them', async () => {
    for (let i = 0; i < 9; i++) pair.refused.add(`bad/${i}`);
    for (let i = 0; i < 9; i++) await pair.write('a', `bad/${i}`, 'v');
    const error = await pair.promote('b').catch((thrown) => thrown);
    expect(error.message.match(/'bad\/\d' \(refused\)/g)).toHaveLength(5);
  });

  test('by a record that is refused on purpose goes on: the new primary takes it over', async () => {
    for (const key of ['bad', 'worse']) {
      pair.refused.add(key);
      pair.heldBack.add(key);
    }
    await pair.write('a', 'bad', 'v');
    await pair.write('a', 'worse', 'v');
    await pair.write('a', 'worse');
    expect(await pair.promote('b')).toMatchObject({ mode: 'switchover', atRisk: 0 });
    await pair.clock.when(async () => (await pair.store('b').get('worse')) !== undefined);
    expect(await pair.value('b', 'bad')).toBe('v');
    expect((await pair.store('b').get('worse'))?.record).toEqual((await pair.store('a').get('worse'))?.record);
    pair.refused.clear();
    await pair.repair('b');
    await pair.untilHealed('b');
  });

  test('by a link that is cut is given up, and all is as before', async () => {
    await pair.write('a', 'k', 'v');
    pair.loses = ({ from, kind }) => from === 'a' && kind === 'replicate';
    await pair.write('a', 'owed', 'v');
    const began = pair.clock.time;
    await expect(pair.promote('b')).rejects.toMatchObject({ code: 'not_in_sync' });
    expect(pair.clock.time - began).toBeLessThanOrEqual(12_000);
    pair.mend();
    expect(await pair.write('a', 'k', 'w')).toMatchObject({ delivery: { replicated: true } });
    await pair.untilHealed('a');
  });

  test('by a primary that is silent tells so, and all is as before', async () => {
    pair.cut('a');
    await expect(pair.promote('b')).rejects.toMatchObject({ code: 'primary_unreachable' });
    pair.mend();
    expect(await pair.write('a', 'k', 'v')).toMatchObject({ delivery: { replicated: true } });
  });

  test('by a primary that is gone tells so', async () => {
    pair.stop('a');
    const began = pair.clock.time;
    await expect(pair.promote('b')).rejects.toMatchObject({ code: 'primary_unreachable' });
    expect(pair.clock.time).toBe(began);
    expect(began).toBeGreaterThanOrEqual(START);
  });

  test('R11 for longer than its time is ended by the next write, and comes to nothing', async () => {
    const held = gate();
    const store = pair.store('a');
    const { backlog } = store;
    let isHeld = false;
    store.backlog = async (query) => {
      isHeld = true;
      await held.promise;
      return backlog(query);
    };
    const promotion = begin('b').catch((error) => error);
    await pair.clock.when(() => isHeld);
    await pair.clock.pass(9000);
    await expect(pair.write('a', 'k', 'v')).rejects.toMatchObject({ code: 'switching' });
    await pair.clock.pass(1000);
    expect(await pair.write('a', 'k', 'v')).toMatchObject({ record: { version: 1 } });
    expect((await store.roleState()).state).not.toHaveProperty('switching');
    store.backlog = backlog;
    held.resolve();
    expect(await pair.clock.during(promotion)).toMatchObject({ code: 'not_in_sync' });
    await pair.repair('a');
    await pair.untilHealed('a');
  });
});
