// The role of a node, which its store keeps: what each change needs, and how several processes agree.
import { beforeEach, describe, expect, test } from '@jest/globals';
import { BELIEF_MS, Roles } from '../../../lib/replication/roles.ts';
import { memoryStore } from '../../../lib/store/memory/store.ts';
import type { Store } from '../../../lib/store/store.ts';
import { durableStore } from '../../support/durable.ts';
import { START, TestClock } from '../../support/replication.ts';

const GRANT = { to: 'other contents', epoch: START };
const UNTIL = START + 10_000;

let store: Store;
let clock: TestClock;
let roles: Roles;
beforeEach(() => {
  clock = new TestClock();
  store = durableStore();
  roles = new Roles(store, clock, 'primary');
});

const kept = async () => (await store.roleState()).state;
const process = () => new Roles(store, clock, 'primary');

/** Begins a switchover that is open. @returns its id */
async function switching(by = roles): Promise<string> {
  const id = await by.beginSwitching(clock.time + 10_000);
  if (id === undefined) throw new Error('A switchover could not begin.');
  return id;
}

describe('R2 a node', () => {
  test.each(['primary', 'replica'] as const)('begins as the %s, while its store knows of no role', async (role) => {
    const beginning = new Roles(store, clock, role);
    expect([beginning.believed, await beginning.now()]).toEqual(Array(2).fill({ role, term: 0 }));
    expect(await store.roleState()).toEqual({ revision: 0 });
  });

  test('has the role that its store keeps, whatever it begins as', async () => {
    await roles.stepDown(0);
    expect(await process().now()).toEqual({ role: 'replica', term: 1 });
    expect(await new Roles(store, clock, 'replica').now()).toEqual({ role: 'replica', term: 1 });
  });
});

describe('each change of who leads', () => {
  test('begins a term', async () => {
    await roles.lead();
    expect(roles.believed).toEqual({ role: 'primary', term: 0 });
    expect(await roles.stepDown(0)).toBe(true);
    await roles.lead();
    await roles.lead();
    expect(roles.believed).toEqual({ role: 'primary', term: 2 });
    expect(await roles.grant(await switching(), GRANT)).toBe(true);
    expect(roles.believed).toEqual({ role: 'replica', term: 3, grant: GRANT });
    await roles.lead();
    expect(await kept()).toEqual({ role: 'primary', term: 4 });
  });

  test('ends a switchover that is under way', async () => {
    const id = await switching();
    await roles.lead();
    expect(await kept()).toEqual({ role: 'primary', term: 0 });
    const another = await switching();
    expect(await roles.stepDown(0)).toBe(true);
    expect(await kept()).toEqual({ role: 'replica', term: 1 });
    for (const ended of [id, another]) expect(await roles.grant(ended, GRANT)).toBe(false);
  });

  test('by stepping down is none of a replica, which goes on to say whom it gave the lead', async () => {
    await roles.grant(await switching(), GRANT);
    for (const term of [0, 1]) expect(await roles.stepDown(term)).toBe(false);
    expect(await kept()).toEqual({ role: 'replica', term: 1, grant: GRANT });
  });

  test('R4 by stepping down is none of a node that leads again: what it heard was of an earlier term', async () => {
    await roles.stepDown(0);
    await roles.lead();
    expect(await process().stepDown(0)).toBe(false);
    expect(await kept()).toEqual({ role: 'primary', term: 2 });
    expect(await process().stepDown(2)).toBe(true);
  });
});

describe('a node that is to lead', () => {
  test('leads where nothing has changed since that was decided, and says so', async () => {
    await roles.stepDown(0);
    expect(await process().lead(1)).toBe(true);
    expect(await kept()).toEqual({ role: 'primary', term: 2 });
    expect(await roles.lead(2)).toBe(true);
    expect(await kept()).toEqual({ role: 'primary', term: 2 });
  });

  test('R12 does not lead where the role has changed since: its process may have slept', async () => {
    await roles.stepDown(0);
    await roles.lead();
    await roles.grant(await switching(), GRANT);
    expect(await process().lead(1)).toBe(false);
    expect(await kept()).toEqual({ role: 'replica', term: 3, grant: GRANT });
  });
});

describe('R11 a switchover', () => {
  test('is open from its beginning to its end time, with an id of its own', async () => {
    const id = await roles.beginSwitching(UNTIL);
    expect(await kept()).toEqual({ role: 'primary', term: 0, switching: { id, until: UNTIL } });
    expect(id).not.toBe(await new Roles(durableStore(), clock, 'primary').beginSwitching(UNTIL));
  });

  test('does not begin at a replica, nor while another one is open', async () => {
    expect(await new Roles(store, clock, 'replica').beginSwitching(UNTIL)).toBeUndefined();
    const id = await roles.beginSwitching(UNTIL);
    clock.time = UNTIL - 1;
    expect(await process().beginSwitching(UNTIL + 10_000)).toBeUndefined();
    expect((await kept())?.switching?.id).toBe(id);
  });

  test('that is overdue gives way to another one, and its grant comes to nothing', async () => {
    const overdue = await switching();
    clock.time = UNTIL;
    const id = await switching(process());
    expect(await roles.grant(overdue, GRANT)).toBe(false);
    await roles.endSwitching(overdue);
    expect((await kept())?.switching).toEqual({ id, until: UNTIL + 10_000 });
    expect(await process().grant(id, GRANT)).toBe(true);
  });

  test('that is overdue grants nothing, also where nobody has ended it', async () => {
    const id = await switching();
    clock.time = UNTIL - 1;
    expect(await process().grant('another', GRANT)).toBe(false);
    clock.time = UNTIL;
    expect(await roles.grant(id, GRANT)).toBe(false);
    expect(await kept()).toMatchObject({ role: 'primary', switching: { id } });
  });

  test('can be ended by any process, and then grants nothing: all is as before', async () => {
    const id = await switching();
    await process().endSwitching(id);
    expect(await kept()).toEqual({ role: 'primary', term: 0 });
    expect(await roles.grant(id, GRANT)).toBe(false);
    expect(await kept()).toEqual({ role: 'primary', term: 0 });
  });

  test('grants once', async () => {
    const id = await switching();
    const grants = [1, 2, 3, 4].map((n) => process().grant(id, { to: `contents ${n}`, epoch: START + n }));
    const granted = await Promise.all(grants);
    expect(granted.filter(Boolean)).toHaveLength(1);
    const n = granted.indexOf(true) + 1;
    expect((await kept())?.grant).toEqual({ to: `contents ${n}`, epoch: START + n });
  });

  test('that has granted is not undone by whoever ends it late', async () => {
    const id = await switching();
    await roles.grant(id, GRANT);
    await process().endSwitching(id);
    expect(await kept()).toEqual({ role: 'replica', term: 1, grant: GRANT });
  });

  test('of another id is not ended', async () => {
    const id = await switching();
    await roles.endSwitching('another');
    expect((await kept())?.switching?.id).toBe(id);
  });
});

describe('R12 what a process believes', () => {
  let other: Roles;
  beforeEach(async () => {
    other = process();
    await other.now();
    await roles.stepDown(0);
  });

  test('is a second old at most over a durable store', async () => {
    clock.time += BELIEF_MS - 1;
    expect([await other.now(), other.believed]).toEqual(Array(2).fill({ role: 'primary', term: 0 }));
    clock.time += 1;
    expect([await other.now(), other.believed]).toEqual(Array(2).fill({ role: 'replica', term: 1 }));
  });

  test('is read at once where it is suspected', async () => {
    expect(await other.now(true)).toEqual({ role: 'replica', term: 1 });
  });

  test('is what it has changed itself, also where it believed something else before', async () => {
    await other.lead();
    expect(other.believed).toEqual({ role: 'primary', term: 2 });
  });

  test('is as old as its reading was when that began, however long the answer takes', async () => {
    const { roleState } = store;
    store.roleState = async () => {
      const state = await roleState();
      clock.time += BELIEF_MS;
      return state;
    };
    clock.time += BELIEF_MS;
    await other.now();
    store.roleState = roleState;
    await roles.lead();
    expect(await other.now()).toEqual({ role: 'primary', term: 2 });
  });

  test('is not read again and again in memory, where there is one process', async () => {
    const memory = memoryStore(1e9);
    const alone = new Roles(memory, clock, 'primary');
    memory.roleState = () => Promise.reject(new Error('It is not asked.'));
    clock.time += 60_000;
    expect(await alone.now()).toEqual({ role: 'primary', term: 0 });
  });
});

describe('a change', () => {
  test('is made again where another one came in between', async () => {
    const { setRoleState } = store;
    store.setRoleState = async (state, revision) => {
      store.setRoleState = setRoleState;
      await process().stepDown(0);
      return setRoleState(state, revision);
    };
    expect(await roles.beginSwitching(UNTIL)).toBeUndefined();
    expect(await kept()).toEqual({ role: 'replica', term: 1 });
  });

  test('P8 is given up where others come in between again and again', async () => {
    store.setRoleState = async () => false;
    await expect(roles.stepDown(0)).rejects.toThrow('again and again');
  });
});
