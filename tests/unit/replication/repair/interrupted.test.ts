// A repair that is interrupted, by its deadline or by a replica that loses its contents, leaves nothing behind: the next
// one goes on where that is right, and starts anew where it is not.
import { beforeEach, describe, expect, test } from '@jest/globals';
import { BUCKETS_PER_GROUP, bucketOf } from '../../../../lib/digest.ts';
import { type TestPrimary, testPrimary } from '../../../support/replication.ts';
import { until } from '../../../support/until.ts';

const KEYS = 300;
const LIMIT_MS = 1000;

let node: TestPrimary;
beforeEach(async () => {
  node = testPrimary();
  for (let i = 0; i < KEYS; i++) await node.put(`key/${i}`);
});

/** How many of the keys the replica of this moment holds. */
async function heldThere(): Promise<number> {
  const held = await Promise.all(Array.from({ length: KEYS }, (_, i) => node.peer.store.get(`key/${i}`)));
  return held.filter((entry) => entry !== undefined).length;
}

/** Has something happen at the n-th question of a comparison from now on. */
function atQuestion(n: number, act: () => void): void {
  let asked = 0;
  node.peer.onQuestion = () => {
    if (++asked === n) act();
  };
}

const isOver = () => {
  node.clock.time += LIMIT_MS;
};

describe('P4 a comparison', () => {
  test('that is over in time goes on where it was, and then all is there', async () => {
    node.peer.replaceStore();
    atQuestion(6, isOver);
    expect(await node.primary.repair(LIMIT_MS)).toMatchObject({ stoppedBy: expect.stringContaining('time is up') });
    const before = await heldThere();
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(KEYS);
    expect(await node.primary.repair(LIMIT_MS)).not.toHaveProperty('stoppedBy');
    expect(await heldThere()).toBe(KEYS);
    expect(node.primary.replicaFacts.owesComparison).toBe(false);
  });

  test('in the middle of which the replica loses its contents again starts anew, also after its time is over', async () => {
    node.peer.replaceStore();
    atQuestion(6, () => {
      node.peer.replaceStore();
      atQuestion(4, isOver);
    });
    expect(await node.primary.repair(LIMIT_MS)).toHaveProperty('stoppedBy');
    node.peer.onQuestion = () => {};
    await node.primary.repair(LIMIT_MS);
    expect(await heldThere()).toBe(KEYS);
  });

  test('that could not bring something over stays owed, also when it was made in two parts', async () => {
    node.peer.replaceStore();
    // In the first groups, so that the first part meets it.
    const key = Array.from({ length: 10_000 }, (_, i) => `there/${i}`).find(
      (name) => bucketOf(name) < BUCKETS_PER_GROUP,
    );
    await node.peer.store.apply({ key: `${key}`, value: '1', epoch: 1, version: 1, updatedAt: 1 });
    const { records } = node.peer;
    node.peer.records = async () => ({ records: [], asked: 1, refused: 1 });
    atQuestion(6, isOver);
    expect(await node.primary.repair(LIMIT_MS)).toMatchObject({ failed: 1, stoppedBy: expect.any(String) });
    node.peer.onQuestion = () => {};
    expect(await node.primary.repair(LIMIT_MS)).toMatchObject({ failed: 0 });
    expect(node.primary.replicaFacts.owesComparison).toBe(true);

    node.peer.records = records;
    await node.primary.repair(LIMIT_MS);
    expect((await node.store.get(`${key}`))?.record.value).toBe('1');
    expect(node.primary.replicaFacts.owesComparison).toBe(false);
  });
});

test('P4 a backlog that was shipped in part goes on with the next write', async () => {
  node.peer.refuses = () => 'refused';
  for (let i = 0; i < 1200; i++) await node.put(`left/${i}`);
  node.peer.refuses = () => undefined;
  const { replicate } = node.peer;
  node.peer.replicate = async (batch) => {
    isOver();
    return replicate.call(node.peer, batch);
  };
  expect(await node.primary.repair(LIMIT_MS)).toMatchObject({ stoppedBy: expect.stringContaining('time is up') });
  node.peer.replicate = replicate;
  expect((await node.store.backlogSize()).count).toBeGreaterThan(0);
  await node.put('next');
  await until(async () => (await node.store.backlogSize()).count === 0);
});
