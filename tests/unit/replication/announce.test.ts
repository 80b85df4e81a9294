// A replica that starts empty tells its primary so, until the primary has filled it.
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
let pauses: number[];
let clock: TestClock;
/** What the primary does at its n-th handshake, from 1 on. */
let answer: (n: number) => Promise<Handshake>;

beforeEach(() => {
  store = memoryStore(1e9);
  told = [];
  pauses = [];
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
  return announce({ peer, store, clock, describe: async () => OWN });
}

test('P4 a replica that starts says so until its primary has filled it', async () => {
  answer = async (n) => {
    if (n === 3) await store.completed();
    return PRIMARY;
  };
  await start().done;
  expect(told).toEqual([OWN, OWN, OWN]);
  expect(pauses).toEqual([2000, 2000, 2000]);
});

test('P4 it asks sooner again when the primary does not answer, or is none', async () => {
  answer = async (n) => {
    if (n === 4) await store.completed();
    if (n === 1) throw new PeerError('primary unreachable');
    return n === 2 ? { ...PRIMARY, role: 'replica' } : PRIMARY;
  };
  await start().done;
  expect(pauses).toEqual([500, 500, 2000, 2000]);
});

test('it says nothing when it is complete', async () => {
  await store.completed();
  await start().done;
  expect(told).toEqual([]);
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
