// How a primary that starts empty takes back what its replica holds.
import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type Peer, PeerError } from '../../../../lib/peer/peer.ts';
import type { Handshake } from '../../../../lib/peer/wire.ts';
import { type RecoverOptions, recover } from '../../../../lib/replication/repair/recover.ts';
import { memoryStore } from '../../../../lib/store/memory/store.ts';
import type { Store } from '../../../../lib/store/store.ts';
import { expectAlike, recordOf } from '../../../support/records.ts';
import { RETENTION_MS, START, TestClock, TestPeer } from '../../../support/replication.ts';

let store: Store;
let clock: TestClock;
let peer: TestPeer;
let warnings: string[];
let end: (how: 'forced' | 'led') => void;
let options: RecoverOptions;

beforeEach(() => {
  store = memoryStore(1e9);
  clock = new TestClock();
  clock.sleep = async (ms = 0) => {
    clock.time += ms;
  };
  peer = new TestPeer(memoryStore(1e9), clock);
  warnings = [];
  const { promise: ended, resolve } = Promise.withResolvers<'forced' | 'led'>();
  end = resolve;
  options = {
    store,
    peer,
    clock,
    retentionMs: RETENTION_MS,
    parity: 0,
    ended,
    log: { warn: (message) => void warnings.push(message), error: () => {} },
    describe: async () => ({ role: 'primary', id: store.id, state: 'recovering', highestEpoch: 0 }),
  };
});

const REFUSED = new PeerError('replica unreachable: connection refused', { isConnectionRefused: true });

/** Has the first `tries` handshakes fail. @param takesMs how long each takes */
function failHandshakes(error: PeerError, tries: number, takesMs = 0): void {
  const { handshake } = peer;
  peer.handshake = async () => {
    if (tries-- <= 0) return handshake.call(peer);
    clock.time += takesMs;
    throw error;
  };
}

/** Has something happen before each question of this kind. */
function before<K extends 'digest' | 'records' | 'page' | 'replicate'>(kind: K, act: (count: number) => void): void {
  const ask = peer[kind] as (question: never) => Promise<never>;
  let count = 0;
  Object.assign(peer, {
    [kind]: (question: never) => {
      act(++count);
      return ask.call(peer, question);
    },
  } as Partial<Peer>);
}

test('P8 keeps nothing for each try, nor for each answer, with what may end the recovery as long as the process lives', async () => {
  failHandshakes(new PeerError('replica answered 503'), 500);
  for (let i = 0; i < 1500; i++) await peer.store.apply(recordOf(`k${i}`, 7));
  const ended = new Promise<'forced' | 'led'>(() => {});
  const listened = jest.spyOn(ended, 'then');
  await recover({ ...options, ended });
  expect(listened.mock.calls.length).toBeLessThanOrEqual(1);
});

describe('a primary that starts empty', () => {
  test('P5 takes back what the replica holds, tombstones too, and begins a higher epoch', async () => {
    const ahead = START + 1_000_000;
    await peer.store.raiseEpoch(ahead);
    for (let i = 0; i < 1500; i++) await peer.store.apply(recordOf(`k${i}`, 7));
    const { value: _, ...tombstone } = recordOf('gone', 2);
    await peer.store.apply(tombstone);
    expect(await recover(options)).toEqual({
      epoch: ahead + 2,
      isEqual: true,
      recoveredFrom: { role: 'replica', id: peer.store.id, state: 'serving', highestEpoch: ahead, owed: 0 },
    });
    await expectAlike(store, peer.store);
    expect(await store.backlogSize()).toEqual({ count: 0 });
  });

  test('P5 also takes what the primary before it still got through, which from then on is refused', async () => {
    const old = { from: 'old', to: peer.store.id, epoch: START - 10 };
    await peer.replicate({ ...old, records: [recordOf('k', 1, { epoch: START - 10 })] });
    const { replicate } = peer;
    peer.replicate = async (batch) => {
      await replicate.call(peer, { ...old, records: [recordOf('late', 1, { epoch: START - 10 })] });
      return replicate.call(peer, batch);
    };
    await recover(options);
    expect((await store.get('late'))?.record.value).toBe('1');
    const late = replicate.call(peer, { ...old, records: [] });
    await expect(late).rejects.toMatchObject({ failure: { highestEpoch: START, begunBy: store.id } });
  });

  test('P5 goes on where it was when the replica stops answering half way, however long that takes', async () => {
    for (let i = 0; i < 3000; i++) await peer.store.apply(recordOf(`k${i}`, 1));
    let [pages, keys] = [0, 0];
    before('page', (count) => {
      pages = count;
      if (count === 3) failHandshakes(new PeerError('replica timed out'), 1000, 2000);
      peer.questionsFail = count === 3 ? 'replica timed out' : undefined;
    });
    const { records } = peer;
    peer.records = (question) => {
      keys += question.keys.length;
      return records(question);
    };
    const { handshake } = peer;
    peer.handshake = async () => {
      peer.questionsFail = undefined;
      return handshake.call(peer);
    };
    await recover(options);
    await expectAlike(store, peer.store);
    expect(clock.time - START).toBeGreaterThan(1000 * 2000);
    expect([pages, keys]).toEqual([3, 2000]);
  });

  test('P5 takes 10,000 records over in twenty pages, and the dead ones by comparison', async () => {
    for (let i = 0; i < 10_000; i++) await peer.store.apply(recordOf(`k${i}`, 1));
    const { value: _, ...tombstone } = recordOf('gone', 2);
    await peer.store.apply(tombstone);
    await peer.store.apply(recordOf('expired', 1, { expiresAt: START - 1 }));
    const counts = { page: 0, stamps: 0, records: 0 };
    for (const kind of ['page', 'stamps', 'records'] as const) {
      const ask = peer[kind] as (question: never) => Promise<never>;
      Object.assign(peer, {
        [kind]: (question: never) => {
          counts[kind]++;
          return ask.call(peer, question);
        },
      });
    }
    expect(await recover(options)).toMatchObject({ isEqual: true });
    await expectAlike(store, peer.store);
    expect(counts.page).toBe(20);
    expect(counts.stamps).toBeLessThanOrEqual(2);
    expect(counts.records).toBeLessThanOrEqual(2);
  });

  test('asks for the next page before it has taken this one in, and for no other one', async () => {
    for (let i = 0; i < 2500; i++) await peer.store.apply(recordOf(`k${i}`, 1));
    const held: number[] = [];
    const { page } = peer;
    peer.page = async (question) => {
      held.push((await store.count(clock.time)).count);
      return page(question);
    };
    await recover(options);
    expect(held).toHaveLength(5);
    for (const [i, count] of held.entries()) {
      expect(count).toBeGreaterThanOrEqual(500 * Math.max(0, i - 1));
      expect(count).toBeLessThan(500 * Math.max(1, i));
    }
  });

  test('P8 ends with a page that brings nothing new, whatever the replica says', async () => {
    await peer.store.apply(recordOf('k', 1));
    let asked = 0;
    peer.page = async () => {
      asked++;
      return { records: [recordOf('k', 1)], last: 'k' };
    };
    expect(await recover(options)).toMatchObject({ isEqual: true });
    expect(asked).toBe(3);
  });

  test('P5 takes what is written while it takes over, and does not fail at what is gone by then', async () => {
    for (let i = 0; i < 2500; i++) await peer.store.apply(recordOf(`k${i}`, 1));
    const list = peer.store.list;
    peer.store.list = async (query) => {
      const page = await list(query);
      await peer.store.apply(recordOf(`a${page.heads[0]?.key}`, 1));
      const { value: _, ...tombstone } = recordOf(`${page.heads[1]?.key}`, 2);
      await peer.store.apply(tombstone);
      return page;
    };
    expect(await recover(options)).toMatchObject({ isEqual: true });
    await expectAlike(store, peer.store);
  });

  test('P5 takes what a replica holds that was being refilled itself', async () => {
    peer.replaceStore();
    await peer.store.apply(recordOf('k', 1));
    expect(await recover(options)).toMatchObject({ recoveredFrom: { state: 'refilling' }, isEqual: true });
    expect(await store.get('k')).toBeDefined();
  });

  test('P2 does not claim to equal a replica that was lost meanwhile: it starts with that of now', async () => {
    await peer.store.apply(recordOf('k', 1));
    before('replicate', (count) => count === 1 && peer.replaceStore());
    expect(await recover(options)).toMatchObject({
      recoveredFrom: { id: peer.store.id, state: 'refilling' },
      isEqual: false,
    });
    expect(await store.get('k')).toBeDefined();
  });

  test('serves without a replica that has refused every connection for 3 s: its process is gone', async () => {
    failHandshakes(REFUSED, Number.POSITIVE_INFINITY);
    expect(await recover(options)).toEqual({ epoch: START + 3000, isEqual: false });
    expect(warnings).toEqual([expect.stringMatching(/waits/), expect.stringMatching(/without its replica/)]);
  });

  test('P5 counts no more than a second of one refused try: this process may have been stopped meanwhile', async () => {
    failHandshakes(REFUSED, Number.POSITIVE_INFINITY, 60_000);
    await recover(options);
    expect(clock.time - START).toBeGreaterThan(3 * 60_000);
  });

  test.each([
    ['that is silent', new PeerError('replica timed out')],
    ['that refuses the token', new PeerError('replica answered 403 (forbidden)')],
    ['that is another program', new PeerError('replica gave a malformed answer')],
  ])('P5 waits for a replica %s, also between refused connections', async (_, error) => {
    await peer.store.apply(recordOf('k', 1));
    const failures = [REFUSED, error];
    let tries = 0;
    const { handshake } = peer;
    peer.handshake = async () => {
      clock.time += 2900;
      if (++tries > 100) return handshake.call(peer);
      throw failures[tries % 2];
    };
    await recover(options);
    expect(await store.get('k')).toBeDefined();
  });

  test('P5 does not take a replica for gone that has just answered', async () => {
    await peer.store.apply(recordOf('k', 1));
    let tries = 0;
    before('digest', () => {
      if (++tries <= 20) throw REFUSED;
    });
    const { sleep } = clock;
    clock.sleep = (ms) => sleep.call(clock, (ms ?? 0) + 900);
    await recover(options);
    expect(await store.get('k')).toBeDefined();
  });

  const saying = (...said: readonly Partial<Handshake>[]) => {
    const { handshake } = peer;
    let tries = 0;
    peer.handshake = async () => ({ ...(await handshake.call(peer)), ...said[tries++] });
    return () => tries;
  };

  test.each(['serving', 'switching'] as const)('R2 is the replica of a node that leads, %s', async (state) => {
    const tries = saying({ role: 'primary', state });
    expect(await recover(options)).toBeUndefined();
    expect([tries(), await store.highestEpoch()]).toEqual([1, { epoch: 0 }]);
  });

  test('R2 waits for one that recovers as well: A leads once B has become its replica', async () => {
    const tries = saying(...Array(49).fill({ role: 'primary', state: 'recovering' }));
    expect(await recover(options)).toMatchObject({ epoch: START + 4900 });
    expect(tries()).toBe(50);
    expect(warnings).toHaveLength(1);
  });

  test('R2 gives way to one that recovers as well, where it is B', async () => {
    const tries = saying({ role: 'primary', state: 'recovering' });
    expect(await recover({ ...options, parity: 1 })).toBeUndefined();
    expect(tries()).toBe(1);
  });

  test('R3 begins an odd epoch where it is B', async () => {
    expect(await recover({ ...options, parity: 1 })).toMatchObject({ epoch: START + 1 });
  });

  test('R2 ends when another node is heard to lead, also while it waits for an answer', async () => {
    peer.page = () => {
      end('led');
      return new Promise(() => {});
    };
    expect(await recover(options)).toBeUndefined();
    expect(await store.highestEpoch()).toEqual({ epoch: 0 });
    expect(warnings).toEqual([]);
  });

  test('starts with what it holds when it is told to, also while it waits for an answer', async () => {
    for (let i = 0; i < 1500; i++) await peer.store.apply(recordOf(`k${i}`, 1));
    const { page } = peer;
    let asked = 0;
    peer.page = (question) => {
      if (++asked === 2) clock.sleep().then(() => end('forced'));
      return asked < 2 ? page(question) : new Promise(() => {});
    };
    expect(await recover(options)).toEqual({ epoch: START, isEqual: false });
    expect((await store.count(clock.time)).count).toBeGreaterThan(0);
    expect((await store.count(clock.time)).count).toBeLessThan(1500);
    expect(warnings).toEqual([expect.stringMatching(/as it was told to/)]);
  });
});
