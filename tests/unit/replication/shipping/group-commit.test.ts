// Which writes share a request, and how long each waits for it.
import { beforeEach, describe, expect, test } from '@jest/globals';
import { type TestPrimary, testPrimary } from '../../../support/replication.ts';
import { until } from '../../../support/until.ts';

let node: TestPrimary;
beforeEach(() => {
  node = testPrimary();
});

const gate = () => Promise.withResolvers<void>();

describe('group commit', () => {
  test('a lone write goes at once', async () => {
    expect((await node.put('a')).delivery).toEqual({ replicated: true });
    expect(node.peer.keys).toEqual([['a']]);
  });

  test('writes that come while a request is under way share the next one', async () => {
    const first = gate();
    node.peer.gate = first.promise;
    const alone = node.put('a');
    await until(() => node.peer.batches.length === 1);
    const writes = [alone, ...['b', 'c', 'd'].map((key) => node.put(key))];
    first.resolve();
    expect((await Promise.all(writes)).every(({ delivery }) => delivery.replicated)).toBe(true);
    expect(node.peer.keys).toEqual([['a'], ['b', 'c', 'd']]);
  });

  test('a request leaves once a turn of the event loop brings no more writes, and after ten turns in any case', async () => {
    const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
    const few = [node.put('a'), turn().then(() => node.put('b')), turn().then(() => node.put('c'))];
    await Promise.all(few);
    expect(node.peer.keys).toEqual([['a', 'b', 'c']]);
    const many: Array<Promise<unknown>> = [];
    for (let i = 0; i < 100; i++) {
      many.push(node.put(`k${i}`));
      await turn();
    }
    await Promise.all(many);
    expect(node.peer.keys.length).toBeGreaterThan(5);
  });

  test('P1 of one key only the newest state is shipped, and every write of it is answered', async () => {
    const first = gate();
    node.peer.gate = first.promise;
    const alone = node.put('k', 0);
    await until(() => node.peer.batches.length === 1);
    const writes = [alone, ...Array.from({ length: 199 }, (_, i) => node.put('k', i + 1))];
    first.resolve();
    const results = await Promise.all(writes);
    expect(results.map(({ record }) => record.version)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
    expect(results.every(({ delivery }) => delivery.replicated)).toBe(true);
    expect(node.peer.keys).toEqual([['k'], ['k']]);
    expect((await node.peer.store.get('k'))?.record).toMatchObject({ version: 200, value: '199' });
    expect(await node.status('k')).toBe('replicated');
  });

  test('a batch is bounded in bytes', async () => {
    const first = gate();
    node.peer.gate = first.promise;
    const writes = Array.from({ length: 12 }, (_, i) => node.put(`k${i}`, 'x'.repeat(200_000)));
    await until(() => node.peer.batches.length === 1);
    first.resolve();
    await Promise.all(writes);
    expect(Math.max(...node.peer.keys.map(({ length }) => length))).toBeLessThanOrEqual(3);
  });

  test('P6 one record that the replica refuses holds up none of the others', async () => {
    node.peer.refuses = (key) => (key === 'bad' ? 'replica answered 500' : undefined);
    const writes = await Promise.all(['a', 'bad', 'b', 'c'].map((key) => node.put(key)));
    expect(writes.map(({ delivery }) => delivery.replicated)).toEqual([true, false, true, true]);
  });
});

test('P6 a write waits no longer than for the request under way and its own, however many are waiting', async () => {
  const slow = testPrimary();
  const { clock, peer, put } = slow;
  const { replicate } = peer;
  clock.sleep = () => new Promise((resolve) => setImmediate(resolve));
  peer.replicate = async (batch) => {
    await new Promise(setImmediate);
    clock.time += 1900;
    return replicate.call(peer, batch);
  };
  const began = clock.time;
  const waits = await Promise.all(
    Array.from({ length: 30 }, (_, i) => put(`k${i}`, 'x'.repeat(200_000)).then(() => clock.time - began)),
  );
  expect(Math.max(...waits)).toBeLessThanOrEqual(4000);
  expect((await slow.store.backlogSize()).count).toBeGreaterThan(20);
});
