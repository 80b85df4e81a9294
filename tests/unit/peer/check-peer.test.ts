// A check tells whether the other node answers now: what it says is at most a second old, and it waits half a second.
import { describe, expect, test } from '@jest/globals';
import { peerChecker } from '../../../lib/peer/check-peer.ts';
import { type Peer, PeerError } from '../../../lib/peer/peer.ts';
import type { Handshake } from '../../../lib/peer/wire.ts';
import { START, TestClock } from '../../support/replication.ts';

const OWN: Handshake = { role: 'primary', id: 'own', state: 'serving', highestEpoch: 1 };
const ANSWER: Handshake = { role: 'replica', id: 'other', state: 'serving', highestEpoch: 1 };

function checkerOf(handshake: Peer['handshake'], sleep: () => Promise<void> = () => new Promise(() => {})) {
  const clock = Object.assign(new TestClock(), { sleep });
  const peer = { handshake } as Peer;
  return { clock, check: peerChecker(peer, async () => OWN, clock) };
}

describe('P10 a check of the other node', () => {
  test('tells what it says of itself, and when', async () => {
    const told: Handshake[] = [];
    const { check } = checkerOf(async (own) => {
      told.push(own);
      return ANSWER;
    });
    expect(await check()).toEqual({ at: START, reachable: true, answer: ANSWER });
    expect(told).toEqual([OWN]);
  });

  test('counts for 700 ms, then it is asked again', async () => {
    let asked = 0;
    const { clock, check } = checkerOf(async () => {
      asked++;
      return ANSWER;
    });
    await check();
    clock.time += 699;
    await check();
    expect(asked).toBe(1);
    clock.time += 1;
    await Promise.all([check(), check(), check()]);
    expect(asked).toBe(2);
  });

  test('does not count after a request has failed, nor does a failure count again', async () => {
    let asked = 0;
    let fails = false;
    const { check } = checkerOf(async () => {
      asked++;
      if (fails) throw new PeerError('down');
      return ANSWER;
    });
    await check();
    fails = true;
    expect(await check()).toMatchObject({ reachable: true });
    expect(await check(true)).toMatchObject({ reachable: false, error: 'down' });
    fails = false;
    expect(await check()).toMatchObject({ reachable: true });
    expect(asked).toBe(3);
  });

  test('says that a node which refuses is not reachable, and why', async () => {
    const { check } = checkerOf(async () => {
      throw new PeerError('replica unreachable: connection refused');
    });
    expect(await check()).toMatchObject({ reachable: false, error: 'replica unreachable: connection refused' });
  });

  test('does not say of a node which is silent whether it can be reached', async () => {
    const waits = Promise.withResolvers<void>();
    const { check } = checkerOf(
      () => new Promise(() => {}),
      () => waits.promise,
    );
    const checking = check();
    waits.resolve();
    expect(await checking).toEqual({ at: START, reachable: null, error: 'no answer within 500 ms' });
  });

  test('is asked again after a failure of this node itself', async () => {
    const clock = new TestClock();
    let fails = true;
    const own = async () => {
      if (fails) throw new Error('the store does not answer');
      return OWN;
    };
    const check = peerChecker({ handshake: async () => ANSWER } as Partial<Peer> as Peer, own, clock);
    await expect(check()).rejects.toThrow('the store does not answer');
    fails = false;
    expect(await check()).toMatchObject({ reachable: true });
  });
});
