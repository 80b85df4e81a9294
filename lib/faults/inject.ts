// Injects faults: around the replica into what arrives, around the peer into what the primary sends.
import type { Clock } from '../clock.ts';
import { TandemError } from '../errors.ts';
import { withRefusals } from '../peer/check-records.ts';
import { PEER_TIMEOUT_MS, type Peer, PeerError } from '../peer/peer.ts';
import { peerAround } from '../peer/peer-around.ts';
import type { Batch } from '../peer/wire.ts';
import type { Replica } from '../replication/replica.ts';
import type { Faults } from './faults.ts';

/** How long a lost request or reply is held back, in milliseconds; longer than the primary waits. */
const LOST_MS = 3000;

/** Wraps a replica: incoming batches may be delayed, lost or applied twice. Errors of records are the replica's own. */
export function replicaWithFaults(replica: Replica, faults: Faults, clock: Clock): Replica {
  async function lose(what: string): Promise<never> {
    await clock.sleep(LOST_MS);
    throw new TandemError('store_unavailable', `A fault has dropped the ${what}.`);
  }

  return {
    get lastContactAt() {
      return replica.lastContactAt;
    },
    get owedThen() {
      return replica.owedThen;
    },
    get stalenessMs() {
      return replica.stalenessMs;
    },
    told: (owed, oldestMs) => replica.told(owed, oldestMs),
    async apply(batch) {
      await delay(faults, batch, clock, Number.POSITIVE_INFINITY);
      if (faults.take('drop_request', batch.records)) return lose('request');
      if (faults.take('duplicate', batch.records)) await replica.apply(batch);
      const answer = await replica.apply(batch);
      return faults.take('drop_reply', batch.records) ? lose('reply') : answer;
    },
  };
}

/**
 * Wraps a peer: outgoing batches may be delayed, lost, refused or sent twice. While the link is cut, whatever this node sends
 * is lost.
 */
export function peerWithFaults(peer: Peer, faults: Faults, clock: Clock): Peer {
  const linked = peerAround(peer, async (ask) => {
    if (faults.cutsLink()) throw new PeerError('fault: the request was dropped');
    return ask();
  });
  return {
    ...linked,
    get bytes() {
      return peer.bytes;
    },
    async replicate(batch) {
      await delay(faults, batch, clock, PEER_TIMEOUT_MS);
      if (faults.take('drop_request', batch.records)) throw new PeerError('fault: the request was dropped');
      const refusals = batch.records.map((record) => faults.take('error', [record]) && 'fault: error');
      const sent = { ...batch, records: batch.records.filter((_, i) => refusals[i] === undefined) };
      if (faults.take('duplicate', batch.records)) await peer.replicate(sent);
      const { answers } = await peer.replicate(sent);
      if (faults.take('drop_reply', batch.records)) throw new PeerError('fault: the reply was dropped');
      return { answers: withRefusals(answers, refusals) };
    },
  };
}

/** @throws PeerError when the delay is longer than the sender waits */
async function delay(faults: Faults, { records }: Batch, clock: Clock, patienceMs: number): Promise<void> {
  const fault = faults.take('delay', records);
  if (!fault) return;
  await clock.sleep(Math.min(fault.delayMs, patienceMs));
  if (fault.delayMs >= patienceMs) throw new PeerError(`fault: delayed for more than ${patienceMs} ms`);
}
