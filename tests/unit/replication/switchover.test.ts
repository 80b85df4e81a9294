// How a primary gives the lead away, and how a replica asks for it: what each of them refuses, and that all is then as before.
import { beforeEach, describe, expect, test } from '@jest/globals';
import { TandemError } from '../../../lib/errors.ts';
import { PeerError, SWITCHOVER_MS } from '../../../lib/peer/peer.ts';
import type { Handshake } from '../../../lib/peer/wire.ts';
import type { StoredRecord } from '../../../lib/record.ts';
import type { Primary } from '../../../lib/replication/primary.ts';
import { leftToAnother } from '../../../lib/replication/repair/repair.ts';
import { Roles } from '../../../lib/replication/roles.ts';
import { askForLead, giveLead, grantIn } from '../../../lib/replication/switchover.ts';
import type { Store } from '../../../lib/store/store.ts';
import { durableStore } from '../../support/durable.ts';
import { START, type TestPrimary, testPrimary } from '../../support/replication.ts';

describe('R11 a primary gives the lead', () => {
  let node: TestPrimary;
  let roles: Roles;
  let to: string;
  let isHeldBack: (record: StoredRecord) => boolean;
  beforeEach(() => {
    node = testPrimary();
    roles = new Roles(node.store, node.clock, 'primary');
    to = node.peer.store.id;
    isHeldBack = () => false;
  });

  const give = (primary: Primary = node.primary, store: Store = node.store) =>
    giveLead({ store, clock: node.clock, roles, primary, parity: 1, isHeldBack }, to);
  /** A primary that does this when it is to repair. */
  const repairing = (repair: Primary['repair']): Primary => ({
    ...node.primary,
    replicaFacts: node.primary.replicaFacts,
    repair,
  });

  async function expectRefused(giving: Promise<unknown>, reason: string | RegExp): Promise<void> {
    await expect(giving).rejects.toMatchObject({
      code: 'not_in_sync',
      extra: { reason: expect.stringMatching(reason) },
    });
    expect(await roles.now(true)).toEqual({ role: 'primary', term: 0 });
    expect(await node.store.highestEpoch()).toEqual({ epoch: 0 });
  }

  test('to the replica, in an epoch of its parity, above the time and every epoch that was heard', async () => {
    const grant = { to, epoch: START + 1 };
    expect(await give()).toEqual(grant);
    expect(await roles.now(true)).toEqual({ role: 'replica', term: 1, grant });
    expect(await node.store.highestEpoch()).toEqual({ epoch: START + 1, by: to });
  });

  test('in an epoch above those that are ahead of its clock', async () => {
    await node.store.raiseEpoch(START + 1000);
    expect(await give()).toEqual({ to, epoch: START + 1001 });
  });

  test('once all is there', async () => {
    node.peer.down = 'replica unreachable';
    for (const key of ['x', 'y']) await node.put(key);
    node.peer.down = undefined;
    await give();
    for (const key of ['x', 'y']) expect((await node.peer.store.get(key))?.record.value).toBe(`"${key}"`);
  });

  test('not while another one asks for it', async () => {
    await roles.beginSwitching(START + 5000);
    await expect(give()).rejects.toMatchObject({ code: 'switching' });
    expect((await roles.now(true)).switching?.until).toBe(START + 5000);
  });

  test('not where the replica fails', async () => {
    node.peer.down = 'replica unreachable';
    await expectRefused(give(), 'replica unreachable');
  });

  test('not where another process repairs all the while', async () => {
    await expectRefused(give(repairing(async () => leftToAnother(0, 0))), 'another process is repairing');
  });

  test('not to other contents than those that the replica has', async () => {
    to = 'gone';
    await expectRefused(give(), 'other contents');
  });

  test('not to contents that are being filled', async () => {
    const replicaFacts = { ...node.primary.replicaFacts, isRefilling: true };
    const { stoppedBy: _, ...report } = leftToAnother(0, 0);
    await expectRefused(give({ ...repairing(async () => report), replicaFacts }), 'being filled');
  });

  test('not while the replica refuses a record, which it names, with the reason', async () => {
    node.peer.refuses = (key) => (key === 'bad' ? 'no room' : undefined);
    await node.put('bad');
    await expectRefused(give(), /^the replica lacks 'bad' \(no room\)$/);
  });

  test('although the replica refuses a record on purpose', async () => {
    node.peer.refuses = (key) => (key.startsWith('bad') ? 'no' : undefined);
    isHeldBack = ({ key }) => key === 'bad';
    await node.put('bad');
    await node.put('bad too');
    await expectRefused(give(), /^the replica lacks 'bad too' \(no\)$/);
    isHeldBack = ({ key }) => key.startsWith('bad');
    expect(await give()).toMatchObject({ to });
  });

  test('not past five records that are missing, of however many: it names these', async () => {
    node.peer.refuses = () => 'no';
    for (let i = 0; i < 700; i++) await node.put(`bad/${i}`);
    await expectRefused(give(), /^the replica lacks ('bad\/\d+' \(no\)(, )?){5}$/);
  });

  test('not when its time is over, or somebody has ended it', async () => {
    const giving = repairing(async (limitMs) => {
      expect(limitMs).toBe(SWITCHOVER_MS);
      node.clock.time += SWITCHOVER_MS;
      return node.primary.repair(limitMs);
    });
    await expectRefused(give(giving), 'its time is over');
  });

  test('not where the store fails: then all is as before', async () => {
    const backlog = () => Promise.reject(new TandemError('store_unavailable', 'Try again.'));
    await expect(give(node.primary, { ...node.store, backlog })).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(await roles.now(true)).toEqual({ role: 'primary', term: 0 });
  });

  test('once the writes that were under way are stored', async () => {
    const stored = Promise.withResolvers<void>();
    const untilStored = () => stored.promise;
    const giving = give({ ...node.primary, replicaFacts: node.primary.replicaFacts, untilStored });
    let isOver = false;
    void giving.then(() => {
      isOver = true;
    });
    await new Promise(setImmediate);
    expect([isOver, node.peer.batches]).toEqual([false, []]);
    stored.resolve();
    await giving;
  });

  test('R12 over a durable store once other processes know that they must not write', async () => {
    const durable = durableStore();
    const slept: number[] = [];
    node.clock.sleep = async (ms = 0) => {
      slept.push(ms);
      node.clock.time += ms;
    };
    let left = 0;
    const giving = repairing(async (limitMs) => {
      left = limitMs;
      return node.primary.repair(limitMs);
    });
    roles = new Roles(durable, node.clock, 'primary');
    await give(giving, durable);
    expect([slept, left]).toEqual([[1500], SWITCHOVER_MS - 1500]);
  });
});

describe('R11 a replica asks for the lead', () => {
  const OWN = 'own';
  const LEADING: Handshake = { role: 'primary', id: 'former', state: 'serving', highestEpoch: START };
  const GRANT = { to: OWN, epoch: START + 1 };
  const GIVEN: Handshake = { ...LEADING, role: 'replica', grant: GRANT };
  const DESCRIPTION: Handshake = { role: 'replica', id: OWN, state: 'serving', highestEpoch: START };
  const timedOut = new PeerError('replica timed out');

  /** @param said what the other node answers to one handshake after the other, and to the question for the lead */
  function ask(said: readonly (Handshake | Error)[], switchover: Error | typeof GRANT) {
    const asked: unknown[] = [];
    const answer = <T>(value: T | Error | undefined) => {
      if (value === undefined) throw new Error('It was asked too often.');
      return value instanceof Error ? Promise.reject(value) : Promise.resolve(value);
    };
    const { peer } = testPrimary();
    const answers = said.values();
    peer.handshake = Object.assign(async (...args: unknown[]) => {
      asked.push(args[0]);
      return answer(answers.next().value);
    });
    peer.switchover = async (question) => {
      asked.push(question);
      return answer<typeof GRANT>(switchover);
    };
    return { asked, given: askForLead(peer, async () => DESCRIPTION, OWN) };
  }

  test('of the contents that lead, and is given it', async () => {
    const { asked, given } = ask([LEADING], GRANT);
    expect(await given).toEqual({ grant: GRANT, former: 'former' });
    expect(asked).toEqual([DESCRIPTION, { from: OWN, to: 'former' }]);
  });

  test('and has it, where it was given before', async () => {
    const { asked, given } = ask([GIVEN], timedOut);
    expect(await given).toEqual({ grant: GRANT, former: 'former' });
    expect(asked).toEqual([DESCRIPTION]);
  });

  test('and has it, where only the answer was lost', async () => {
    expect(await ask([LEADING, GIVEN], timedOut).given).toEqual({ grant: GRANT, former: 'former' });
  });

  test.each<[string, readonly (Handshake | Error)[], Error, string, RegExp]>([
    ['a primary that cannot be reached', [timedOut], timedOut, 'primary_unreachable', /: primary timed out\./],
    [
      'a primary that recovers',
      [{ ...LEADING, state: 'recovering' }],
      timedOut,
      'primary_unreachable',
      /a primary that is recovering/,
    ],
    [
      'another replica',
      [{ ...LEADING, role: 'replica' }],
      timedOut,
      'primary_unreachable',
      /a replica that is serving/,
    ],
    [
      'a replica that gave the lead to others',
      [{ ...GIVEN, grant: { ...GRANT, to: 'others' } }],
      timedOut,
      'primary_unreachable',
      /a replica that is serving/,
    ],
    [
      'a primary that does not give it, and says why',
      [LEADING],
      new PeerError('refused', { notInSync: 'the replica lacks it' }),
      'not_in_sync',
      /as before: the replica lacks it\.$/,
    ],
    [
      'a primary that fails, and leads on',
      [LEADING, LEADING],
      timedOut,
      'not_in_sync',
      /as before: replica timed out\.$/,
    ],
    [
      'a primary that fails, and cannot be reached then',
      [LEADING, timedOut],
      new PeerError('replica answered 500'),
      'primary_unreachable',
      /: primary timed out\./,
    ],
  ])('of %s in vain', async (_, said, switchover, code, message) => {
    await expect(ask(said, switchover).given).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('and tells a failure of this node itself as what it is', async () => {
    const failure = new Error('the store does not answer');
    for (const { given } of [ask([failure], GRANT), ask([LEADING], failure)]) await expect(given).rejects.toBe(failure);
  });
});

test('R11 a grant is for the contents that it names, and only of a node that leads no more', () => {
  const grant = { to: 'own', epoch: START };
  const said: Handshake = { role: 'replica', id: 'former', state: 'serving', highestEpoch: START, grant };
  const { grant: _, ...without } = said;
  expect(grantIn(said, 'own')).toEqual({ grant, former: 'former' });
  for (const other of [without, { ...said, role: 'primary' as const }]) expect(grantIn(other, 'own')).toBeUndefined();
  expect(grantIn(said, 'another')).toBeUndefined();
});
