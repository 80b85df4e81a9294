// The faults at work: around the replica for what arrives, around the peer for what the primary sends.
import type { Clock } from '../clock.ts';
import { TandemError } from '../errors.ts';
import type { Faults } from './faults.ts';
import { PEER_TIMEOUT_MS } from './http-client.ts';
import { type Batch, type Peer, PeerError, type RecordAnswer } from './peer.ts';
import type { Replica } from './replica.ts';

/** How long a lost request or reply keeps the primary waiting: until it has given up. */
const LOST_MS = 3000;

/** A replica that what arrives at may be delayed, lost, or taken twice. Errors of records are the replica's own. */
export function faultyReplica(replica: Replica, faults: Faults, clock: Clock): Replica {
  const lose = async (what: string): Promise<never> => {
    await clock.sleep(LOST_MS);
    throw new TandemError('store_unavailable', `A fault has dropped the ${what}.`);
  };
  return {
    get lastContactAt() {
      return replica.lastContactAt;
    },
    async apply(batch) {
      await delay(faults, batch, clock, Number.POSITIVE_INFINITY);
      if (faults.strike('drop_request', batch.records)) return lose('request');
      if (faults.strike('duplicate', batch.records)) await replica.apply(batch);
      const answer = await replica.apply(batch);
      return faults.strike('drop_reply', batch.records) ? lose('reply') : answer;
    },
  };
}

/** A peer to which what is sent may be delayed, lost, refused, or sent twice. */
export function faultyPeer(peer: Peer, faults: Faults, clock: Clock): Peer {
  return {
    get bytes() {
      return peer.bytes;
    },
    digest: (question) => peer.digest(question),
    stamps: (question) => peer.stamps(question),
    records: (question) => peer.records(question),
    async replicate(batch) {
      await delay(faults, batch, clock, PEER_TIMEOUT_MS);
      if (faults.strike('drop_request', batch.records)) throw new PeerError('fault: the request was dropped');
      const refused = batch.records.map((record) => faults.strike('error', [record]) !== undefined);
      const sent = { ...batch, records: batch.records.filter((_, i) => !refused[i]) };
      if (faults.strike('duplicate', batch.records)) await peer.replicate(sent);
      const answer = await peer.replicate(sent);
      if (faults.strike('drop_reply', batch.records)) throw new PeerError('fault: the reply was dropped');
      const answers = answer.answers.values();
      const merged = refused.map(
        (isRefused): RecordAnswer =>
          isRefused ? { outcome: 'failed', error: 'fault: error' } : (answers.next().value as RecordAnswer),
      );
      return { id: answer.id, answers: merged };
    },
  };
}

/** @throws PeerError when the delay is longer than what asks waits */
async function delay(faults: Faults, { records }: Batch, clock: Clock, patienceMs: number): Promise<void> {
  const fault = faults.strike('delay', records);
  if (!fault) return;
  await clock.sleep(Math.min(fault.delayMs, patienceMs));
  if (fault.delayMs >= patienceMs) throw new PeerError(`fault: delayed for more than ${patienceMs} ms`);
}
