// A planned change of roles between two nodes over durable stores, whose processes share what each store keeps.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
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

describe('a switchover', () => {
  test('P9 R11 changes the roles, which the stores keep: processes that start later lead, or follow', async () => {
    const promotion = await pair.promote('b');
    expect(promotion).toEqual({ mode: 'switchover', epoch: expect.any(Number), atRisk: 0 });
    expect(promotion.epoch % 2).toBe(1);
    for (const name of BOTH) pair.replaceProcess(name);
    expect(await pair.write('b', 'seen', 'w')).toMatchObject({
      record: { version: 2, epoch: promotion.epoch },
      delivery: { replicated: true },
    });
    await expect(pair.write('a', 'seen', 'x')).rejects.toMatchObject({ code: 'not_primary' });
    await expectHealed('b');
    expect((await pair.promote('a')).epoch % 2).toBe(0);
    await expectHealed('a');
  });

  test('P9 R12 each write of the other processes is refused, or on the new primary', async () => {
    const others = [pair.join('a'), pair.join('a')];
    for (const [i, other] of others.entries()) await pair.clock.during(put(other, `first ${i}`, 'v'));
    let isOver = false;
    const promotion = pair
      .node('b')
      .promote(false)
      .finally(() => {
        isOver = true;
      });
    const taken: string[] = [];
    const refused = new Set<string>();
    for (let i = 0; !isOver; i++) {
      const key = `k${i}`;
      for (const other of others) {
        await pair.clock.during(put(other, key, i)).then(
          () => taken.push(key),
          ({ code }) => refused.add(code),
        );
      }
      await pair.clock.pass(100);
    }
    expect(await promotion).toMatchObject({ mode: 'switchover' });
    expect(taken.length).toBeGreaterThan(0);
    expect([...refused].every((code) => code === 'switching' || code === 'not_primary')).toBe(true);
    for (const key of taken) expect(await pair.store('b').get(key)).toBeDefined();
    await pair.clock.pass(1000);
    for (const other of others) await expect(put(other, 'late', 1)).rejects.toMatchObject({ code: 'not_primary' });
    await expectHealed('b');
    expect(await pair.store('b').divergentCount()).toBe(0);
  });

  test('P9 R12 what shows in the store of the former primary only later is taken over, its stamp unchanged', async () => {
    const { epoch } = await pair.node('a').primary();
    await pair.promote('b');
    const now = pair.clock.now();
    const late = await pair.store('a').write({ key: 'late', contents: { value: '1' }, epoch, now, inFlightUntil: now });
    await pair.write('b', 'other', 'v');
    // The former primary looks at its own backlog, and says what it owes.
    await pair.tellOther('a');
    await expectHealed('b');
    expect((await pair.store('b').get('late'))?.record).toEqual(late.outcome === 'written' && late.entry.record);
  });

  test('R11 that its process did not live to finish is ended by the next write of any other, once its time is over', async () => {
    const other = pair.join('a');
    let isHeld = false;
    pair.before = ({ kind, isAnswer }) => {
      if (kind !== 'digest' || isAnswer) return;
      isHeld = true;
      return new Promise(() => {});
    };
    const promotion = pair
      .node('b')
      .promote(false)
      .catch((error) => error);
    await pair.clock.when(() => isHeld);
    await pair.clock.pass(1000);
    await expect(put(other, 'k', 'v')).rejects.toMatchObject({ code: 'switching' });
    pair.replaceProcess('a');
    pair.before = () => {};
    await pair.clock.pass(10_000);
    expect(await pair.clock.during(put(other, 'k', 'v'))).toMatchObject({ delivery: { replicated: true } });
    expect((await pair.store('a').roleState()).state).not.toHaveProperty('switching');
    expect(await pair.clock.during(promotion)).toMatchObject({ code: 'not_in_sync' });
    await expectHealed('a');
  });

  test('R11 whose answer is lost is done: the replica learns of it by the next handshake', async () => {
    await pair.promoteUnheard();
    for (const name of BOTH) pair.replaceProcess(name);
    pair.mend();
    await pair.tellOther('b');
    expect(await pair.write('b', 'k', 'v')).toMatchObject({ delivery: { replicated: true } });
    await expectHealed('b');
  });

  test('R11 is void below an epoch that was heard since, however late it is said', async () => {
    await pair.promoteUnheard();
    const late = await pair.node('a').describe();
    expect(late).toMatchObject({ role: 'replica', grant: { to: pair.store('b').id } });
    await pair.promote('a', true);
    pair.mend();
    await pair.write('a', 'k', 'v');
    const before = await pair.store('b').roleState();
    await pair.node('b').handshake(late);
    expect(await pair.store('b').roleState()).toEqual(before);
    await expect(pair.write('b', 'k', 'v')).rejects.toMatchObject({ code: 'not_primary' });
    await expectHealed('a');
  });

  test('P4 by a process that ends before it has begun its epoch is done by the next one', async () => {
    const { nodeState } = pair.store('b');
    const { claimEpoch } = nodeState as NonNullable<typeof nodeState>;
    Object.assign(nodeState as object, { claimEpoch: () => new Promise(() => {}) });
    const { epoch } = await pair.node('a').primary();
    void pair.node('b').promote(false);
    await pair.clock.when(async () => (await pair.store('b').roleState()).state?.role === 'primary');
    Object.assign(nodeState as object, { claimEpoch });
    pair.replaceProcess('b');
    const { record } = await pair.write('b', 'seen', 'w');
    expect(record.epoch).toBeGreaterThan(epoch);
    expect(record.epoch % 2).toBe(1);
    await expectHealed('b');
  });

  test('by a record that the replica refuses is held up, and all is as before', async () => {
    pair.refused.add('bad');
    await pair.write('a', 'bad', 'v');
    await expect(pair.promote('b')).rejects.toMatchObject({
      code: 'not_in_sync',
      message: expect.stringContaining("'bad' (refused)"),
    });
    expect(await pair.write('a', 'k', 'v')).toMatchObject({ delivery: { replicated: true } });
  });

  test('R11 that one process of the replica has done is done for the others, however late they are answered', async () => {
    const [first, second] = [pair.node('b'), pair.join('b')];
    const held = Promise.withResolvers<void>();
    let asked = 0;
    pair.before = ({ kind, isAnswer }) =>
      kind === 'switchover' && !isAnswer && ++asked === 1 ? held.promise : undefined;
    const late = second.promote(false);
    await pair.clock.when(() => asked === 1);
    const done = await pair.clock.during(first.promote(false));
    held.resolve();
    expect(await pair.clock.during(late)).toEqual(done);
    expect(await pair.clock.during(put(second, 'k', 'v'))).toMatchObject({ record: { epoch: done.epoch } });
    await expectHealed('b');
  });
});
