// POST /promote at in-memory nodes that are in the middle of something.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MemoryNode } from '../../../lib/replication/memory-node.ts';
import { memoryStore } from '../../../lib/store/memory/store.ts';
import { LinkedNodes, type NodeName } from '../../support/linked-nodes.ts';

let pair: LinkedNodes;
beforeEach(async () => {
  pair = new LinkedNodes((options) => new MemoryNode(options));
  for (const name of ['a', 'b'] as const) start(name);
  await pair.untilHealed('a');
});
afterEach(() => {
  expect(pair.errors).toEqual([]);
});

const start = (name: NodeName) => pair.start(name, memoryStore(1e9));
const NONE = { mode: 'none', epoch: expect.any(Number), atRisk: 0 };

describe('POST /promote at the primary', () => {
  test.each([false, true])('changes nothing, also by force: %p', async (force) => {
    const { epoch } = await pair.node('a').primary();
    expect(await pair.promote('a', force)).toEqual({ ...NONE, epoch });
    expect(await pair.write('a', 'k', 'v')).toMatchObject({ record: { epoch }, delivery: { replicated: true } });
  });

  test('P7 by force takes for true that a key is absent', async () => {
    pair.stop('b');
    start('a');
    await pair.clock.when(() => pair.node('a').leading);
    pair.loses = ({ from, kind }) => from === 'b' && kind === 'digest';
    start('b');
    await pair.clock.when(() => pair.node('a').leading?.replicaFacts.contentsId !== undefined);
    await expect(pair.write('a', 'none')).rejects.toMatchObject({ code: 'recovering' });
    expect(await pair.promote('a', true)).toEqual(NONE);
    await expect(pair.write('a', 'none')).rejects.toMatchObject({ code: 'key_not_found' });
  });
});

describe('POST /promote at a replica that is being filled', () => {
  /** B has started empty, and knows that A has five keys; none of them has arrived. */
  async function refilling(): Promise<void> {
    for (let i = 0; i < 5; i++) await pair.write('a', `k${i}`, i);
    start('b');
    pair.loses = ({ from, kind }) => from === 'a' && kind === 'digest';
    await pair.clock.pass(100);
    expect(await pair.node('b').describe()).toMatchObject({ state: 'refilling', keys: 0 });
  }

  test('is refused, and all is as before', async () => {
    await refilling();
    let isAsked = false;
    pair.before = ({ kind }) => {
      isAsked ||= kind === 'switchover';
    };
    await expect(pair.promote('b')).rejects.toMatchObject({ code: 'not_in_sync' });
    expect(isAsked).toBe(false);
    pair.mend();
    await pair.repair('a');
    await pair.untilHealed('a');
    expect(await pair.promote('b')).toMatchObject({ mode: 'switchover' });
  });

  test('by force is a failover that says what is at risk; what the former primary holds is taken over', async () => {
    await refilling();
    pair.cut('a', 'b');
    expect(await pair.promote('b', true)).toMatchObject({ mode: 'failover', atRisk: 5 });
    await pair.write('b', 'k0', 'new');
    await expect(pair.write('b', 'k1')).rejects.toMatchObject({
      code: expect.stringMatching(/recovering|key_not_found/),
    });
    pair.mend();
    await pair.repair('b');
    await pair.untilHealed('b');
    expect(await Promise.all([0, 1, 2, 3, 4].map((i) => pair.value('b', `k${i}`)))).toEqual(['new', 1, 2, 3, 4]);
    // B had not seen it: these contents are others than those that had.
    expect(await pair.store('a').divergentCount()).toBe(1);
  });

  test('P7 by force does not say that a key is absent before the nodes have been compared', async () => {
    await refilling();
    pair.cut('a', 'b');
    await pair.promote('b', true);
    pair.loses = ({ kind }) => kind === 'digest';
    await pair.repair('b');
    await expect(pair.write('b', 'k1')).rejects.toMatchObject({ code: 'recovering' });
    pair.mend();
    await pair.repair('b');
    expect(await pair.write('b', 'k1')).toMatchObject({ record: { version: 2 } });
  });
});

describe('POST /promote at a node that recovers', () => {
  async function recovering(): Promise<void> {
    await pair.write('a', 'k', 'v');
    pair.cut('a', 'b');
    start('a');
    await pair.clock.pass(10_000);
  }

  test('is refused: nobody knows what the replica holds', async () => {
    await recovering();
    await expect(pair.promote('a')).rejects.toMatchObject({ code: 'recovering' });
    pair.mend();
    await pair.untilHealed('a');
    expect(await pair.value('a', 'k')).toBe('v');
  });

  test('by force leads with what it holds, and does not know what is at risk', async () => {
    await recovering();
    const promotion = await pair.promote('a', true);
    expect(promotion).toEqual({ mode: 'failover', epoch: expect.any(Number), atRisk: null });
    expect(promotion.epoch % 2).toBe(0);
    await pair.write('a', 'other', 'v');
    pair.mend();
    await pair.repair('a');
    await pair.untilHealed('a');
    expect([await pair.value('a', 'k'), await pair.value('b', 'other')]).toEqual(['v', 'v']);
  });

  test('R2 by force, while B is made to lead as well, has one outcome: the later epoch leads', async () => {
    await recovering();
    await pair.promote('b', true);
    await pair.write('b', 'k', 'of b');
    const { epoch } = await pair.promote('a', true);
    await pair.write('a', 'k', 'of a');
    pair.mend();
    const leading = epoch > (await pair.node('b').primary()).epoch ? 'a' : 'b';
    await pair.repair(leading);
    await pair.untilHealed(leading);
    const stored = await pair.value('a', 'k');
    expect(stored).toBe(`of ${leading}`);
    expect(await pair.store('a').divergentCount()).toBe(1);
  });
});

describe('POST /promote twice', () => {
  test.each([false, true])('one after the other is done once; by force: %p', async (force) => {
    const first = await pair.promote('b', force);
    expect(await pair.promote('b', force)).toEqual({ ...NONE, epoch: first.epoch });
    await pair.untilHealed('b');
  });

  test.each([
    [false, false],
    [true, true],
    [true, false],
  ])('at the same time is done once, and both are told so; by force: %p, %p', async (force, forceToo) => {
    const both = Promise.all([pair.node('b').promote(force), pair.node('b').promote(forceToo)]);
    const [first, second] = await pair.clock.during(both);
    expect(first).toEqual(second);
    const { epoch } = await pair.node('b').primary();
    expect(first).toMatchObject({ mode: force ? 'failover' : 'switchover', epoch });
    await pair.untilHealed('b');
  });

  test('at the same time, then by force, waits for what the first one comes to', async () => {
    const both = Promise.all([pair.node('b').promote(false), pair.node('b').promote(true)]);
    const [first, second] = await pair.clock.during(both);
    expect(first).toMatchObject({ mode: 'switchover' });
    expect(second).toEqual({ ...NONE, epoch: first.epoch });
    await pair.untilHealed('b');
  });

  test('at the same time, then by force, is done once also where the grant is heard twice', async () => {
    // The former primary says whom it gave the lead. While the role is being kept, its answer says so once more.
    pair.before = ({ kind, isAnswer }) => (kind === 'switchover' && isAnswer ? pair.clock.sleep(2) : undefined);
    const { setRoleState } = pair.store('b');
    pair.store('b').setRoleState = async (...state) => {
      await pair.clock.sleep(5);
      return setRoleState(...state);
    };
    const both = Promise.all([pair.node('b').promote(false), pair.node('b').promote(true)]);
    const [first, second] = await pair.clock.during(both);
    expect(first).toMatchObject({ mode: 'switchover' });
    expect(second).toEqual({ ...NONE, epoch: first.epoch });
    await pair.untilHealed('b');
  });

  test('by force, while the node takes the lead that it was given, is done once, and refuses no write', async () => {
    await pair.promoteUnheard();
    pair.mend();
    const { raiseEpoch } = pair.store('b');
    pair.store('b').raiseEpoch = async (...epoch) => {
      const seen = await raiseEpoch(...epoch);
      await pair.clock.sleep(5);
      return seen;
    };
    const heard = pair.node('b').handshake(await pair.node('a').describe());
    await pair.clock.pass(1);
    const promotion = pair.node('b').promote(true);
    await pair.clock.when(() => pair.node('b').leading && pair.node('b').roles.believed.role === 'primary');
    const written = await pair.write('b', 'k', 'v');
    const [{ mode, epoch }] = await pair.clock.during(Promise.all([promotion, heard]));
    expect([mode, epoch]).toEqual(['none', written.record.epoch]);
    await pair.untilHealed('b');
  });

  test('at the same time, then by force, leads where the first one could not', async () => {
    pair.cut('a', 'b');
    const both = Promise.allSettled([pair.node('b').promote(false), pair.node('b').promote(true)]);
    const [first, second] = await pair.clock.during(both);
    expect(first).toMatchObject({ reason: { code: 'primary_unreachable' } });
    expect(second).toMatchObject({ value: { mode: 'failover' } });
    pair.mend();
    await pair.repair('b');
    await pair.untilHealed('b');
  });
});

describe('POST /promote at both nodes', () => {
  test('at once, by force, has the replica lead: the primary does already', async () => {
    const both = Promise.all([pair.node('a').promote(true), pair.node('b').promote(true)]);
    const [a, b] = await pair.clock.during(both);
    expect([a.mode, b.mode]).toEqual(['none', 'failover']);
    await pair.untilHealed('b');
  });

  test('at once, without force, has the replica lead, in a switchover', async () => {
    const both = Promise.all([pair.node('a').promote(false), pair.node('b').promote(false)]);
    const [a, b] = await pair.clock.during(both);
    expect([a.mode, b.mode]).toEqual(['none', 'switchover']);
    await pair.untilHealed('b');
  });

  test('in turn, by force, while they are cut off, has the one lead that did so last', async () => {
    pair.cut('a', 'b');
    await pair.promote('b', true);
    await pair.write('b', 'k', 'of b');
    // A leads still, as far as it knows.
    expect(await pair.promote('a', true)).toMatchObject({ mode: 'none' });
    await pair.write('a', 'k', 'of a');
    pair.mend();
    await pair.repair('b');
    await pair.untilHealed('b');
    expect(await pair.value('a', 'k')).toBe('of b');
    expect(await pair.store('b').divergentCount()).toBe(1);
  });

  test('by force at the replica, in the middle of its switchover, ends in one of them leading', async () => {
    let isAsked = false;
    pair.before = ({ kind }) => {
      isAsked ||= kind === 'switchover';
    };
    const switchover = pair
      .node('b')
      .promote(false)
      .catch((error) => error);
    await pair.clock.when(() => isAsked);
    const { epoch } = await pair.promote('b', true);
    await pair.clock.during(switchover);
    expect(epoch).toBe((await pair.node('b').primary()).epoch);
    await pair.untilHealed('b');
  });
});
