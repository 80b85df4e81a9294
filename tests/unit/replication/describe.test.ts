// What a node says of itself in a handshake.
import { beforeEach, describe, expect, test } from '@jest/globals';
import { describe as describeNode } from '../../../lib/replication/describe.ts';
import { Roles } from '../../../lib/replication/roles.ts';
import { memoryStore } from '../../../lib/store/memory/store.ts';
import type { Store } from '../../../lib/store/store.ts';
import { durableStore } from '../../support/durable.ts';
import { START, TestClock } from '../../support/replication.ts';

let clock: TestClock;
beforeEach(() => {
  clock = new TestClock();
});

const described = (store: Store, roles: Roles, isRecovering = false) =>
  describeNode({ store, clock, roles, isRecovering: () => isRecovering });
const write = (store: Store, key: string) =>
  store.write({ key, contents: { value: '1' }, epoch: START, now: START, inFlightUntil: START });

describe('R1 a primary says', () => {
  test('that it recovers, serves, or is switching: the last for as long as that lasts', async () => {
    const store = memoryStore(1e9);
    const roles = new Roles(store, clock, 'primary');
    expect(await described(store, roles, true)).toMatchObject({ role: 'primary', id: store.id, state: 'recovering' });
    expect(await described(store, roles)).toMatchObject({ state: 'serving' });
    await roles.beginSwitching(START + 100);
    expect(await described(store, roles)).toMatchObject({ state: 'switching' });
    clock.time += 100;
    expect(await described(store, roles)).toMatchObject({ state: 'serving' });
  });

  test('in memory how many keys it holds, and how many records it owes', async () => {
    const store = memoryStore(1e9);
    await write(store, 'a');
    await write(store, 'b');
    await store.raiseEpoch(START);
    const roles = new Roles(store, clock, 'primary');
    expect(await described(store, roles)).toEqual({
      role: 'primary',
      id: store.id,
      state: 'serving',
      highestEpoch: START,
      owed: 2,
      oldestOwedMs: 0,
      keys: 2,
    });
  });

  test('over tables no such thing: counting takes many queries', async () => {
    const store = durableStore();
    for (const count of ['backlogSize', 'count'] as const)
      store[count] = () => Promise.reject(new Error('It is not asked.'));
    const roles = new Roles(store, clock, 'primary');
    expect(await described(store, roles)).toEqual({ role: 'primary', id: store.id, state: 'serving', highestEpoch: 0 });
  });
});

describe('R1 a replica says', () => {
  test('that it is being filled until it holds all that its primary does', async () => {
    const store = memoryStore(1e9);
    const roles = new Roles(store, clock, 'replica');
    expect(await described(store, roles)).toMatchObject({ role: 'replica', state: 'refilling', owed: 0, keys: 0 });
    await store.completed();
    expect(await described(store, roles)).toMatchObject({ state: 'serving' });
  });

  test('R12 how many records it owes, over a durable store too: its primary takes them over', async () => {
    const store = durableStore();
    await write(store, 'late');
    const roles = new Roles(store, clock, 'replica');
    expect(await described(store, roles)).toMatchObject({ role: 'replica', owed: 1 });
    expect(await described(store, roles)).not.toHaveProperty('keys');
  });

  test('R3 nothing of an epoch that it is about to lead in, until it leads', async () => {
    const store = memoryStore(1e9);
    await store.raiseEpoch(START, 'other contents');
    const roles = new Roles(store, clock, 'replica');
    expect(await described(store, roles)).toMatchObject({ role: 'replica', highestEpoch: START });
    await store.raiseEpoch(START + 1, store.id);
    expect(await described(store, roles)).toMatchObject({ role: 'replica', highestEpoch: 0 });
    await roles.lead();
    expect(await described(store, roles)).toMatchObject({ role: 'primary', highestEpoch: START + 1 });
  });

  test('R3 that it leads, if another process has taken the lead a moment ago', async () => {
    const store = durableStore();
    const [roles, others] = [new Roles(store, clock, 'replica'), new Roles(store, clock, 'replica')];
    expect(await described(store, roles)).toMatchObject({ role: 'replica' });
    await others.lead();
    await store.raiseEpoch(START, store.id);
    expect(await described(store, roles)).toMatchObject({ role: 'primary', highestEpoch: START });
  });

  test('R11 whom it gave the lead, for as long as it is the replica', async () => {
    const store = memoryStore(1e9);
    await store.raiseEpoch(START, store.id);
    const roles = new Roles(store, clock, 'primary');
    const grant = { to: 'other contents', epoch: START + 1 };
    await roles.grant(`${await roles.beginSwitching(START + 100)}`, grant);
    expect(await described(store, roles)).toMatchObject({ role: 'replica', highestEpoch: START, grant });
    await roles.lead();
    expect(await described(store, roles)).not.toHaveProperty('grant');
  });
});
