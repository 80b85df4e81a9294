// Two in-memory nodes with a link between them: who leads when they start, and when one of them starts again.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MemoryNode } from '../../../lib/replication/memory-node.ts';
import { memoryStore } from '../../../lib/store/memory/store.ts';
import { LinkedNodes, type NodeName } from '../../support/linked-nodes.ts';
import { START } from '../../support/replication.ts';

let pair: LinkedNodes;
beforeEach(() => {
  pair = new LinkedNodes((options) => new MemoryNode(options));
});
afterEach(() => {
  expect(pair.errors).toEqual([]);
});

const start = (name: NodeName) => pair.start(name, memoryStore(1e9));

async function startBoth(): Promise<void> {
  start('a');
  start('b');
  await pair.untilHealed('a');
}

describe('R1 R2 when neither node knows who leads', () => {
  test('A leads, and B follows', async () => {
    start('a');
    await pair.clock.when(() => pair.node('a').leading);
    expect(pair.clock.time - START).toBeLessThan(4000);
    await pair.write('a', 'k', 'v');
    start('b');
    await pair.untilHealed('a');
    expect(await pair.value('b', 'k')).toBe('v');
  });

  test('B waits for A', async () => {
    start('b');
    await pair.clock.pass(60_000);
    expect(await pair.node('b').describe()).toMatchObject({ role: 'replica', state: 'refilling' });
    await expect(pair.write('b', 'k', 'v')).rejects.toMatchObject({ code: 'not_primary' });
    start('a');
    await pair.untilHealed('a');
  });

  test('A leads where both start at once, in an even epoch', async () => {
    await startBoth();
    const { epoch } = await pair.node('a').primary();
    expect(epoch % 2).toBe(0);
    expect(await pair.write('a', 'k', 'v')).toMatchObject({ record: { epoch }, delivery: { replicated: true } });
  });

  test('P7 A waits for a B that is silent, and says so', async () => {
    pair.cut('b');
    start('b');
    start('a');
    await pair.clock.pass(10 * 60_000);
    await expect(pair.node('a').primary()).rejects.toMatchObject({ code: 'recovering' });
    expect(await pair.node('a').describe()).toMatchObject({ role: 'primary', state: 'recovering' });
    pair.mend();
    await pair.untilHealed('a');
  });
});

describe('P3 R1 a replica that starts', () => {
  const batch = (epoch: number) => ({ from: 'replaced', to: pair.store('b').id, epoch, records: [] });

  test('lets no message in before it knows who leads: a primary that was replaced is refused', async () => {
    await startBoth();
    const { epoch } = await pair.node('a').primary();
    const held = Promise.withResolvers<void>();
    pair.before = ({ from, kind }) => (from === 'a' && kind === 'handshake' ? held.promise : undefined);
    start('b');
    const late = pair
      .node('b')
      .replica.apply(batch(epoch - 2))
      .catch((error) => error);
    let isOver = false;
    void late.then(() => {
      isOver = true;
    });
    await pair.clock.pass(500);
    expect(isOver).toBe(false);
    held.resolve();
    expect(await pair.clock.during(late)).toMatchObject({ code: 'stale_epoch', extra: { highestEpoch: epoch } });
    await pair.untilHealed('a');
  });

  test('P6 lets messages in after a second at the latest', async () => {
    pair.cut('a', 'b');
    start('a');
    start('b');
    const began = pair.clock.time;
    expect(await pair.clock.during(pair.node('b').replica.apply(batch(START)))).toEqual({ answers: [] });
    expect(pair.clock.time - began).toBe(1000);
  });
});

describe('P5 a node that starts again', () => {
  /** Writes, a deletion among them. @returns what there is then */
  async function writeTo(name: NodeName) {
    for (const key of ['kept', 'deleted', 'changed']) await pair.write(name, key, 'first');
    await pair.write(name, 'deleted');
    await pair.write(name, 'changed', 'second');
    return contentsOf(name);
  }
  const contentsOf = (name: NodeName) =>
    Promise.all(['kept', 'deleted', 'changed'].map(async (key) => (await pair.store(name).get(key))?.record));

  beforeEach(startBoth);

  test('as the replica is filled, and holds what it held', async () => {
    const contents = await writeTo('a');
    start('b');
    await pair.untilHealed('a');
    expect(await contentsOf('b')).toEqual(contents);
  });

  test('R2 as the primary leads again, once it has recovered what the replica holds, in a later epoch', async () => {
    const contents = await writeTo('a');
    const { epoch } = await pair.node('a').primary();
    start('a');
    await pair.untilHealed('a');
    expect(await contentsOf('a')).toEqual(contents);
    expect((await pair.write('a', 'kept', 'third')).record).toMatchObject({ version: 2 });
    expect((await pair.node('a').primary()).epoch).toBeGreaterThan(epoch);
  });

  test('R2 and has led, as B has, recovers from A and leads again', async () => {
    await writeTo('a');
    await pair.promote('b');
    const contents = await writeTo('b');
    const { epoch } = await pair.node('b').primary();
    start('b');
    await pair.untilHealed('b');
    expect(await contentsOf('b')).toEqual(contents);
    const again = (await pair.node('b').primary()).epoch;
    expect(again).toBeGreaterThan(epoch);
    expect(again % 2).toBe(1);
  });

  test('R2 while B leads becomes its replica, whatever its configuration says', async () => {
    await pair.promote('b');
    const contents = await writeTo('b');
    start('a');
    await pair.untilHealed('b');
    expect(await contentsOf('a')).toEqual(contents);
    await expect(pair.write('a', 'k', 'v')).rejects.toMatchObject({ code: 'not_primary' });
  });

  test('R2 while it is cut off from B, which leads, waits for it and becomes its replica', async () => {
    await pair.promote('b');
    const contents = await writeTo('b');
    pair.cut('a', 'b');
    start('a');
    await pair.clock.pass(120_000);
    expect(pair.node('a').isRecovering).toBe(true);
    pair.mend();
    await pair.untilHealed('b');
    expect(await contentsOf('a')).toEqual(contents);
  });

  test('R2 R4 and recovers becomes the replica of B as soon as it hears it, whatever it can ask', async () => {
    await pair.promote('b');
    pair.cut('a');
    start('a');
    await pair.clock.pass(1000);
    expect(pair.node('a').isRecovering).toBe(true);
    await pair.repair('b');
    expect(pair.node('a').isRecovering).toBe(false);
    expect(await pair.node('a').describe()).toMatchObject({ role: 'replica', state: 'refilling' });
    pair.mend();
    await pair.untilHealed('b');
  });

  test('as the replica in the middle of being filled is filled nevertheless', async () => {
    const contents = await writeTo('a');
    let asked = 0;
    pair.before = ({ kind, isAnswer }) => {
      if (kind === 'stamps' && !isAnswer && ++asked === 1) start('b');
    };
    start('b');
    await pair.clock.when(() => asked > 0);
    await pair.untilHealed('a');
    expect(await contentsOf('b')).toEqual(contents);
  });

  test('R7 as the primary takes what a replica holds that was being filled, serves, and says so', async () => {
    await writeTo('a');
    // The replica takes one record in, and its primary is gone.
    start('b');
    pair.before = ({ kind, isAnswer }) => {
      if (kind !== 'replicate' || !isAnswer) return;
      pair.before = () => {};
      start('a');
    };
    await pair.clock.when(() => pair.node('a').isRecovering);
    await pair.untilHealed('a');
    expect(pair.warnings).toEqual(expect.arrayContaining([expect.stringMatching(/was being refilled/)]));
  });

  test('R4 as the primary, and meets its replica again only after another one has replaced it, steps down', async () => {
    await writeTo('a');
    // The replica is being filled, and its primary starts again in the middle of it.
    start('b');
    pair.before = ({ kind, isAnswer }) => {
      if (kind !== 'replicate' || !isAnswer) return;
      pair.before = () => {};
      start('a');
      pair.loses = ({ from, kind }) => from === 'a' && kind === 'handshake' && pair.node('a').leading !== undefined;
    };
    await pair.clock.when(() => pair.node('a').isRecovering);
    await pair.clock.when(() => pair.node('a').leading);
    const { epoch } = await pair.node('a').primary();
    const later = { from: 'another', to: pair.store('b').id, epoch: epoch + 2, records: [] };
    await pair.clock.during(pair.node('b').replica.apply(later));
    pair.mend();
    await pair.node('a').hear(await pair.node('b').describe());
    await pair.clock.when(async () => (await pair.node('a').describe()).role === 'replica');
    expect((await pair.store('b').highestEpoch()).epoch).toBe(epoch + 2);
  });
});
