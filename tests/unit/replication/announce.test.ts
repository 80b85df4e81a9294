// A replica that starts empty tells its primary so, until the primary knows.
import { expect, test } from '@jest/globals';
import { PeerError } from '../../../lib/peer/peer.ts';
import type { Handshake } from '../../../lib/peer/wire.ts';
import { announce } from '../../../lib/replication/announce.ts';
import { TestClock } from '../../support/replication.ts';

const OWN: Handshake = { role: 'replica', id: 'own', state: 'serving', highestEpoch: 0 };

/** @param failures how often the primary does not answer before it does */
function primaryThatFails(failures: number) {
  const told: Handshake[] = [];
  const peer = {
    async handshake(own: Handshake) {
      told.push(own);
      if (told.length <= failures) throw new PeerError('primary unreachable');
      return own;
    },
  };
  const pauses: number[] = [];
  const clock = Object.assign(new TestClock(), {
    sleep: async (ms: number) => {
      pauses.push(ms);
    },
  });
  return { told, peer, pauses, clock };
}

test('P4 a replica that starts says so once to a primary that answers', async () => {
  const { told, peer, pauses, clock } = primaryThatFails(0);
  await announce(peer, OWN, () => false, clock);
  expect(told).toEqual([OWN]);
  expect(pauses).toEqual([]);
});

test('P4 it says so again, every half second, until the primary answers', async () => {
  const { told, peer, pauses, clock } = primaryThatFails(3);
  await announce(peer, OWN, () => false, clock);
  expect(told).toHaveLength(4);
  expect(pauses).toEqual([500, 500, 500]);
});

test('it says nothing to a primary that has sent something by itself', async () => {
  const { told, peer, clock } = primaryThatFails(9);
  await announce(peer, OWN, () => told.length === 2, clock);
  expect(told).toHaveLength(2);
});
