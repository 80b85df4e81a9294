// What a primary asks of the other node, and which epoch it begins, once it leads no more.
import { describe, expect, test } from '@jest/globals';
import { TandemError } from '../../../lib/errors.ts';
import type { Peer } from '../../../lib/peer/peer.ts';
import type { CurrentEpoch } from '../../../lib/replication/current-epoch.ts';
import { ledEpoch } from '../../../lib/replication/led-epoch.ts';
import { ledPeer } from '../../../lib/replication/led-peer.ts';
import { START } from '../../support/replication.ts';

const NO_MORE = { name: 'PeerError', message: 'this node is the replica now' };
const METHODS = ['handshake', 'replicate', 'digest', 'stamps', 'records', 'page', 'owed', 'switchover'] as const;

describe('P3 R4 a primary', () => {
  /** @param act what happens while an answer is on its way */
  function asking(act: () => void = () => {}) {
    const asked: string[] = [];
    const answer = (method: string) => async (question: unknown) => {
      asked.push(method);
      act();
      return [method, question];
    };
    const peer = { bytes: 7, ...Object.fromEntries(METHODS.map((method) => [method, answer(method)])) };
    return { asked, peer: peer as unknown as Peer };
  }
  const ask = (peer: Peer, method: (typeof METHODS)[number]): Promise<unknown> => {
    const { [method]: question } = peer as unknown as Record<string, (question: string) => Promise<unknown>>;
    if (question === undefined) throw new Error(`There is no ${method}.`);
    return question('?');
  };

  test('that leads asks the other node whatever there is to ask', async () => {
    const { peer } = asking();
    const led = ledPeer(peer, () => true);
    for (const method of METHODS) expect(await ask(led, method)).toEqual([method, '?']);
    expect(led.bytes).toBe(7);
  });

  test('that leads no more asks nothing', async () => {
    const { asked, peer } = asking();
    const led = ledPeer(peer, () => false);
    for (const method of METHODS) await expect(ask(led, method)).rejects.toMatchObject(NO_MORE);
    expect(asked).toEqual([]);
  });

  test('that leads no more when the answer comes learns nothing from it', async () => {
    for (const method of METHODS) {
      let leads = true;
      const { peer } = asking(() => {
        leads = false;
      });
      await expect(
        ask(
          ledPeer(peer, () => leads),
          method,
        ),
      ).rejects.toMatchObject(NO_MORE);
    }
  });
});

describe('P6 the epoch of what is sent', () => {
  const failingWith = (error: Error): CurrentEpoch => {
    const fail = () => Promise.reject(error);
    return { value: START, refresh: fail, next: fail, begun: fail, raiseAbove: fail };
  };
  const all = (epoch: CurrentEpoch) => [
    () => epoch.refresh(true),
    () => epoch.next(),
    () => epoch.begun(START + 2),
    () => epoch.raiseAbove(START + 2),
  ];

  test('is none where this node leads no more: nothing is sent then, as when the replica fails', async () => {
    const led = ledEpoch(failingWith(new TandemError('not_primary', 'Another node leads now.')));
    expect(led.value).toBe(START);
    for (const ask of all(led)) await expect(ask()).rejects.toMatchObject(NO_MORE);
  });

  test('fails as it does where the store fails', async () => {
    const failure = new TandemError('store_unavailable', 'Try again.');
    for (const ask of all(ledEpoch(failingWith(failure)))) await expect(ask()).rejects.toBe(failure);
  });

  test('is the current one otherwise', async () => {
    const seen: unknown[] = [];
    const led = ledEpoch({
      value: START,
      refresh: async (isSuspected) => void seen.push(isSuspected),
      next: async () => START + 4,
      begun: async (epoch) => void seen.push(epoch),
      raiseAbove: async (epoch) => void seen.push(epoch),
    });
    expect(await led.next()).toBe(START + 4);
    await led.refresh(true);
    await led.begun(1);
    await led.raiseAbove(2);
    expect(seen).toEqual([true, 1, 2]);
  });
});
