// What a replica owes: what it wrote as a primary, and what it has listed. Its primary takes it over, and tells it so.
import { beforeEach, describe, expect, test } from '@jest/globals';
import { divergentKey, listing } from '../../../../lib/divergent.ts';
import type { StoredRecord } from '../../../../lib/record.ts';
import { initialReplication } from '../../../../lib/store/replication-state.ts';
import type { Store } from '../../../../lib/store/store.ts';
import { expectAlike, REPLICATED, recordOf } from '../../../support/records.ts';
import { START, type TestPrimary, testPrimary } from '../../../support/replication.ts';

const EARLIER = START - 10;

let node: TestPrimary;
beforeEach(() => {
  node = testPrimary();
});

/** A write of the replica, when that was the primary. */
async function writeThere(key: string, value?: unknown): Promise<StoredRecord> {
  const result = await node.peer.store.write({
    key,
    epoch: EARLIER,
    now: EARLIER,
    inFlightUntil: EARLIER,
    ...(value !== undefined && { contents: { value: JSON.stringify(value) } }),
  });
  if (result.outcome !== 'written') throw new Error(`It was ${result.outcome}.`);
  return result.entry.record;
}
const owedBy = async (store: Store) => (await store.backlogSize()).count;
const listedOn = async (store: Store) => (await store.divergent({ limit: 10 })).entries.map(({ record }) => record.key);

describe('P9 R10 what the replica owes', () => {
  test('is taken over by a repair, its stamps unchanged, deletions too; nothing is owed then', async () => {
    const written = [await writeThere('a', 1), await writeThere('b', 2)];
    await writeThere('gone', 3);
    written.push(await writeThere('gone'));
    expect(await node.primary.repair(60_000)).toMatchObject({ pulled: 3, failed: 0, remaining: 0 });
    for (const record of written) expect((await node.store.get(record.key))?.record).toEqual(record);
    expect([await owedBy(node.store), await owedBy(node.peer.store)]).toEqual([0, 0]);
    await expectAlike(node.store, node.peer.store);
  });

  test('is taken over at the cost of what it is, also where the nodes are not compared', async () => {
    await node.primary.repair(60_000);
    await node.peer.store.apply(recordOf('late', 1, { epoch: EARLIER }), initialReplication(EARLIER));
    const report = await node.primary.repair(60_000, START - 1);
    expect(report).toMatchObject({ pulled: 1, bucketsCompared: 0 });
    expect(await owedBy(node.peer.store)).toBe(0);
  });

  test('is taken over page by page, however much it is', async () => {
    for (let i = 0; i < 1200; i++) await writeThere(`k${i}`, i);
    const pages: (string | null)[] = [];
    const { owed } = node.peer;
    node.peer.owed = (question) => {
      pages.push(question.owedAfter);
      return owed(question);
    };
    expect(await node.primary.repair(60_000)).toMatchObject({ pulled: 1200, remaining: 0 });
    expect(new Set(pages).size).toBeGreaterThanOrEqual(3);
    expect(pages[0]).toBeNull();
    expect(await owedBy(node.peer.store)).toBe(0);
  });

  test('R9 is listed as divergent where this primary has overwritten it unseen, on both nodes', async () => {
    const there = await writeThere('k', 'there');
    node.peer.down = 'replica unreachable';
    await node.put('k', 'here');
    node.peer.down = undefined;
    await node.primary.repair(60_000);
    for (const store of [node.store, node.peer.store]) {
      expect(await listedOn(store)).toEqual([divergentKey(there)]);
      expect((await store.get('k'))?.record.value).toBe('"here"');
      expect(await owedBy(store)).toBe(0);
    }
  });

  test('P4 goes on where the deadline has stopped it', async () => {
    for (let i = 0; i < 1200; i++) await writeThere(`k${i}`, i);
    const { records } = node.peer;
    node.peer.records = async (question) => {
      node.clock.time += 600;
      return records(question);
    };
    expect(await node.primary.repair(1000)).toMatchObject({ stoppedBy: expect.stringContaining('time is up') });
    node.peer.records = records;
    expect(await owedBy(node.peer.store)).toBeGreaterThan(0);
    expect(await node.primary.repair(60_000)).toMatchObject({ remaining: 0 });
    expect(await owedBy(node.peer.store)).toBe(0);
    await expectAlike(node.store, node.peer.store);
  });

  test('P8 that goes on and on ends with the repair', async () => {
    await writeThere('k', 1);
    let pages = 0;
    node.peer.owed = async () => {
      node.clock.time += 10;
      return { stamps: [], cursor: `${++pages} k` };
    };
    expect(await node.primary.repair(5000)).toMatchObject({ stoppedBy: expect.stringContaining('time is up') });
    expect(pages).toBeLessThanOrEqual(2001);
  });

  test('P8 and does not hold when it is asked for holds up none of the rest', async () => {
    const there = await writeThere('k', 1);
    const { owed } = node.peer;
    node.peer.owed = async (question) => {
      const { stamps, ...page } = await owed(question);
      return { ...page, stamps: [{ key: 'none', epoch: EARLIER, version: 1 }, ...stamps] };
    };
    await node.primary.repair(60_000);
    expect((await node.store.get('k'))?.record).toEqual(there);
    expect(await owedBy(node.peer.store)).toBe(0);
  });

  test('ends with the reason when the replica stops answering', async () => {
    await writeThere('k', 1);
    node.peer.questionsFail = 'replica timed out';
    expect(await node.primary.repair(60_000)).toMatchObject({ stoppedBy: 'replica timed out' });
    node.peer.questionsFail = undefined;
    await node.primary.repair(60_000);
    expect(await owedBy(node.peer.store)).toBe(0);
  });

  test('P4 is taken over by the first repair, although the answer to the beginning of its epoch was lost', async () => {
    await node.primary.repair(60_000);
    await node.peer.store.apply(recordOf('late', 1, { epoch: EARLIER }), initialReplication(EARLIER));
    await node.peer.store.raiseEpoch(node.primary.epoch + 2, node.store.id);
    expect(await node.primary.repair(60_000, START - 1)).toMatchObject({ pulled: 1 });
    expect(await owedBy(node.peer.store)).toBe(0);
  });

  test('P4 is taken over at once, without a write, when it says so', async () => {
    const there = await writeThere('k', 1);
    await node.primary.hear(await node.peer.handshake());
    for (let i = 0; i < 100 && (await owedBy(node.peer.store)) > 0; i++) await new Promise(setImmediate);
    expect((await node.store.get('k'))?.record).toEqual(there);
    expect(await owedBy(node.peer.store)).toBe(0);
  });
});

test('P4 P9 what is listed since its key was written while it was pulled goes along with the next write', async () => {
  const there = recordOf('k', 1, { epoch: EARLIER, writer: 'another' });
  await node.peer.store.apply(there);
  const { records } = node.peer;
  node.peer.records = async (question) => {
    const answer = await records(question);
    await node.put('k', 'meanwhile');
    return answer;
  };
  await node.primary.repair(60_000);
  expect(await listedOn(node.store)).toEqual([divergentKey(there)]);
  await node.put('next', 1);
  for (let i = 0; i < 100 && (await owedBy(node.store)) > 0; i++) await new Promise(setImmediate);
  expect([await owedBy(node.store), await listedOn(node.peer.store)]).toEqual([0, [divergentKey(there)]]);
});

describe('P9 R9 a write on the list that is current again', () => {
  test('is taken from it once the nodes have been compared: what superseded it was lost, and nobody had seen that', async () => {
    const { record } = await node.put('k', 1);
    // A failover superseded it; what did so is gone with the contents that held it.
    const listed = { ...record, key: divergentKey(record), value: '{"value":1}' };
    await node.peer.store.apply(listed);
    await node.primary.repair(60_000);
    for (const store of [node.store, node.peer.store]) {
      expect(await listedOn(store)).toEqual([]);
      expect((await store.get('k'))?.record).toEqual(record);
      expect(await owedBy(store)).toBe(0);
    }
  });

  test('is taken from it by a record that a comparison brings, and had seen it: the same repair tells the replica', async () => {
    const write = recordOf('k', 1);
    await node.store.apply(listing(write, true), REPLICATED);
    const base = { epoch: write.epoch, version: write.version };
    const over = recordOf('k', 2, { writer: 'another', base });
    await node.peer.store.apply(over);
    expect(await node.primary.repair(60_000)).toMatchObject({ remaining: 0 });
    for (const store of [node.store, node.peer.store]) {
      expect(await listedOn(store)).toEqual([]);
      expect((await store.get('k'))?.record).toEqual(over);
      expect(await owedBy(store)).toBe(0);
    }
    await expectAlike(node.store, node.peer.store);
  });

  test('stays on it while anything else is current', async () => {
    const { record } = await node.put('k', 1);
    const { version } = record;
    const others = [version + 1, version + 2].map((other) => ({ ...record, version: other, writer: `of ${other}` }));
    for (const other of others) {
      const listed = { ...other, key: divergentKey(other), value: '{"value":1}' };
      await node.peer.store.apply(listed);
    }
    const none = { ...record, key: divergentKey({ ...record, key: 'none' }), value: '{"value":1}' };
    await node.peer.store.apply(none);
    await node.primary.repair(60_000);
    for (const store of [node.store, node.peer.store]) {
      expect((await listedOn(store)).sort()).toEqual([...others.map(divergentKey), none.key].sort());
    }
  });
});
