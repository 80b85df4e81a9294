// A peer that is always told the current epoch of a durable primary, whose processes may not have noticed yet that the
// next one has begun.
import type { Clock } from '../clock.ts';
import { type Peer, PeerError } from '../peer/peer.ts';
import type { Batch } from '../peer/wire.ts';
import type { CurrentEpoch } from './current-epoch.ts';

/** Age of records, in milliseconds, from which on a batch is not sent any more: the process may have slept since. */
const MAX_AGE_MS = 60_000;

/**
 * Another process of this primary may have begun the next epoch: then the replica refuses the one that this process
 * knows, or the store holds records of a later one. Or the replica was a primary itself, in an epoch that is over: then
 * this primary begins the next one.
 * @param onRaised called when that was so: what the replica wrote as a primary is not here
 */
export function peerInCurrentEpoch(
  peer: Peer,
  currentEpoch: CurrentEpoch,
  clock: Clock,
  onRaised: () => void = () => {},
): Peer {
  async function askInCurrentEpoch<Q extends { readonly epoch?: number }, A>(
    question: Q,
    ask: (question: Q) => Promise<A>,
  ): Promise<A> {
    try {
      return await ask(question);
    } catch (error) {
      if (!(error instanceof PeerError) || error.highestEpoch === undefined) throw error;
      await currentEpoch.refresh(true);
      if (currentEpoch.value < error.highestEpoch) {
        if (!error.isOwnFormerEpoch) throw error;
        await currentEpoch.raiseAbove(error.highestEpoch);
        onRaised();
      }
      return ask({ ...question, epoch: currentEpoch.value });
    }
  }

  /** @throws PeerError when its records may be out of date */
  async function withCurrentEpoch(batch: Batch): Promise<Batch> {
    if (clock.now() - batch.sentAt > MAX_AGE_MS) throw new PeerError('not sent: the record may be out of date by now');
    if (batch.records.some(({ epoch }) => epoch > batch.epoch)) await currentEpoch.refresh(true);
    return { ...batch, epoch: Math.max(batch.epoch, currentEpoch.value) };
  }

  return {
    get bytes() {
      return peer.bytes;
    },
    handshake: (own) => peer.handshake(own),
    replicate: (batch) => askInCurrentEpoch(batch, async (each) => peer.replicate(await withCurrentEpoch(each))),
    digest: (question) => askInCurrentEpoch(question, (each) => peer.digest(each)),
    stamps: (question) => askInCurrentEpoch(question, (each) => peer.stamps(each)),
    records: (question) => askInCurrentEpoch(question, (each) => peer.records(each)),
  };
}
