// A replica that starts empty tells its primary so, until the primary has filled it; and so does one that has stepped down.
import { beforeEach, expect, test } from '@jest/globals';
import { PeerError } from '../../../lib/peer/peer.ts';
import type { Handshake } from '../../../lib/peer/wire.ts';
import { announce } from '../../../lib/replication/announce.ts';
import { memoryStore } from '../../../lib/store/memory/store.ts';
import type { Store } from '../../../lib/store/store.ts';
import { START, TestClock } from '../../support/replication.ts';

const OWN: Handshake = { role: 'replica', id: 'own', state: 'refilling', highestEpoch: 0 };
const PRIMARY: Handshake = { role: 'primary', id: 'primary', state: 'serving', highestEpoch: START };

let store: Store;
let told: Handshake[];
let heard: Handshake[];
let pauses: number[];
let isReplica: boolean;
let clock: TestClock;
/** What the primary does at its n-th handshake, from 1 on. */
let answer: (n: number) => Promise<Handshake>;

beforeEach(() => {
  store = memoryStore(1e9);
  told = [];
  heard = [];
  pauses = [];
  isReplica = true;
  clock = new TestClock();
  clock.sleep = (ms = 0) => {
    // The bound of `ready`, which never comes here.
    if (ms === 1000) return new Promise(() => {});
    pauses.push(ms);
    return Promise.resolve();
  };
  answer = async () => PRIMARY;
});

function start() {
  const peer = {
    handshake: (own: Handshake) => {
      told.push(own);
      return answer(told.length);
    },
  };
  return announce({
    peer,
    store,
    clock,
    describe: async () => OWN,
    hear: async (said) => void heard.push(said),
    isReplica: () => isReplica,
  });
}

test('P4 a replica that starts says so until its primary has filled it', async () => {
  answer = async (n) => {
    if (n === 3) await store.completed();
    return PRIMARY;
  };
  await start().done;
  expect(told).toEqual([OWN, OWN, OWN]);
  expect(heard).toEqual([PRIMARY, PRIMARY, PRIMARY]);
  expect(pauses).toEqual([2000, 2000]);
});

test('P4 it asks sooner again when the primary does not answer, or is none', async () => {
  answer = async (n) => {
    if (n === 4) await store.completed();
    if (n === 1) throw new PeerError('primary unreachable');
    return n === 2 ? { ...PRIMARY, role: 'replica' } : PRIMARY;
  };
  await start().done;
  expect(pauses).toEqual([500, 500, 2000]);
});

test('P4 one that lacks nothing says once who it is: its primary is to know what it owes', async () => {
  await store.completed();
  await start().done;
  expect([told, pauses]).toEqual([[OWN], []]);
});

test('P4 one that lacks nothing asks until a primary answers, ten times at most: then the next repair finds it', async () => {
  await store.completed();
  answer = async () => {
    throw new PeerError('primary unreachable');
  };
  await start().done;
  expect(told).toHaveLength(10);
  expect(pauses).toEqual(Array(9).fill(500));
});

test('P4 one that is empty asks for as long as it takes', async () => {
  answer = async (n) => {
    if (n === 100) await store.completed();
    throw new PeerError('primary unreachable');
  };
  await start().done;
  expect(told).toHaveLength(100);
});

test('R2 a node that leads by now says nothing more', async () => {
  answer = async (n) => {
    isReplica = n < 3;
    return PRIMARY;
  };
  await start().done;
  expect(told).toHaveLength(3);
});

test.each<[string, Handshake]>([
  ['recovers', { ...PRIMARY, state: 'recovering' }],
  ['is a replica itself', { ...PRIMARY, role: 'replica' }],
])('R2 what a node says that %s is heard, and is the answer of no primary', async (_, said) => {
  await store.completed();
  answer = async () => said;
  await start().done;
  expect(heard).toEqual(Array(10).fill(said));
});

test('P8 a failure of this node itself ends it, and is told', async () => {
  answer = () => Promise.reject(new Error('the store does not answer'));
  const { ready, done } = start();
  await expect(done).rejects.toThrow('the store does not answer');
  await expect(ready).rejects.toThrow('the store does not answer');
});

test('P3 it is ready when it knows who leads: the epoch of its primary is seen before any message is let in', async () => {
  const gate = Promise.withResolvers<void>();
  answer = async () => {
    await gate.promise;
    return PRIMARY;
  };
  const { ready } = start();
  let isReady = false;
  ready.then(() => {
    isReady = true;
  });
  await new Promise(setImmediate);
  expect(isReady).toBe(false);
  gate.resolve();
  await ready;
  expect(await store.highestEpoch()).toEqual({ epoch: START });
  await store.completed();
});

test('P6 it is ready after a second at the latest', async () => {
  answer = () => new Promise(() => {});
  clock.sleep = (ms) => (ms === 1000 ? Promise.resolve() : new Promise(() => {}));
  await start().ready;
});

test('P3 an answer that comes after a primary has sent something tells nothing: it may be one that is gone', async () => {
  await store.raiseEpoch(START - 5, 'present');
  answer = async () => {
    await store.completed();
    return PRIMARY;
  };
  await start().done;
  expect(await store.highestEpoch()).toEqual({ epoch: START - 5, by: 'present' });
});
