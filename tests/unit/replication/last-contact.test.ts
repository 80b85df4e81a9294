// When a replica last heard from its primary, and what that owed, as all its processes know it.
import { expect, test } from '@jest/globals';
import { lastContactSaver, savedLastContact } from '../../../lib/replication/last-contact.ts';
import { durableStore } from '../../support/durable.ts';
import { START } from '../../support/replication.ts';

/** @returns the processes of a node, what they have saved, and how often */
function replicaWithTwoProcesses() {
  const { nodeState } = durableStore();
  const term = { now: 0 };
  const [first, second] = [lastContactSaver(nodeState, () => term.now), lastContactSaver(nodeState, () => term.now)];
  const saves = async () => (await nodeState.note('last-contact')).revision;
  return { term, first, second, saved: () => savedLastContact(nodeState, term.now), saves };
}

test('nothing is known while no primary has sent anything', async () => {
  expect(await replicaWithTwoProcesses().saved()).toEqual({});
});

test('it is saved once a minute, and whenever the primary owes another number of records', async () => {
  const { first, saved, saves } = replicaWithTwoProcesses();
  await first(START);
  await first(START + 59_999);
  expect([await saved(), await saves()]).toEqual([{ lastContactAt: START }, 1]);
  await first(START + 60_000);
  expect([await saved(), await saves()]).toEqual([{ lastContactAt: START + 60_000 }, 2]);
  await first(START + 60_001, { owed: 3 });
  await first(START + 60_002, { owed: 3 });
  await first(START + 60_003);
  expect([await saved(), await saves()]).toEqual([{ lastContactAt: START + 60_001, owed: 3 }, 3]);
  await first(START + 60_004, { owed: 0 });
  expect(await saved()).toEqual({ lastContactAt: START + 60_004, owed: 0 });
});

test('both processes are told at the same moment: what is saved is what one of them was told', async () => {
  const { first, second, saved, saves } = replicaWithTwoProcesses();
  await Promise.all([first(START, { owed: 1 }), second(START, { owed: 2 })]);
  expect(await saves()).toBe(2);
  expect([1, 2]).toContain((await saved()).owed);
});

test('of many processes that hear at the same moment one saves it, and none fails', async () => {
  const { nodeState } = durableStore();
  const savers = Array.from({ length: 50 }, () => lastContactSaver(nodeState, () => 0));
  await Promise.all(savers.map((save) => save(START, { owed: 3 })));
  expect(await nodeState.note('last-contact')).toMatchObject({ revision: 1 });
});

test('what was heard before the node led in between counts no more', async () => {
  const { term, first, saved } = replicaWithTwoProcesses();
  await first(START, { owed: 5 });
  term.now = 2;
  expect(await saved()).toEqual({});
  await first(START + 1);
  expect(await saved()).toEqual({ lastContactAt: START + 1 });
  await first(START + 2, { owed: 5 });
  expect(await saved()).toEqual({ lastContactAt: START + 2, owed: 5 });
});

test('what one process was told of the records that are owed, another one does not take back', async () => {
  const { first, second, saved } = replicaWithTwoProcesses();
  await second(START);
  await first(START + 1, { owed: 5 });
  await second(START + 60_001);
  expect(await saved()).toEqual({ lastContactAt: START + 60_001, owed: 5 });
});
