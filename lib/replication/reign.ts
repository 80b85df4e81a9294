// The reign of a primary over its store, named by its epoch. In memory it lasts as long as the process. Over a durable
// store it is one for all processes of the primary, and after a day the next one follows: what was forgotten under an
// epoch is never written again under the same, so no stamp returns (docs/protocol.md, "Forgetting").
import type { Clock } from '../clock.ts';
import { REIGN_MS } from '../limits.ts';
import type { Durable } from '../store/store.ts';
import { type Batch, type Peer, PeerError } from './peer.ts';

export interface Reign {
  /** In milliseconds. */
  readonly epoch: number;
  /**
   * Looks whether the store is in a later reign by now, and begins the next one when it is time.
   * @param isSuspected look even if that was done a moment ago
   */
  renew(isSuspected?: boolean): Promise<void>;
  /** Begins a reign above `epoch`, unless it is above it. */
  follow(epoch: number): Promise<void>;
}

/** Another process may have begun the next reign so long before this one notices. */
const LOOK_AGAIN_MS = 60_000;
/** A batch is not sent any more when its records were current so long ago: the process may have slept since. */
const MAX_AGE_MS = 60_000;
/** Others may begin a reign at the same moment; the one with the highest epoch stays. */
const TRIES = 10;

export function reignInMemory(epoch: number): Reign {
  return { epoch, renew: async () => {}, follow: async () => {} };
}

/** Goes on with the reign of the store's primary, or begins the first one, or one after having been a replica. */
export async function reignOver(durable: Durable, clock: Clock): Promise<Reign> {
  let epoch = 0;
  /** Every reign up to this epoch is over. */
  let above = 0;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;

  async function look(): Promise<void> {
    for (let i = 0; i < TRIES; i++) {
      const { own, highest } = await durable.reign();
      const now = clock.now();
      if (own !== undefined && own === highest && own > above && now - own < REIGN_MS) {
        epoch = own;
        lookedAt = now;
        return;
      }
      await durable.beginReign(Math.max(now, highest + 1, above + 1));
    }
    throw new Error('Others begin one reign after the other over this store.');
  }

  const reign: Reign = {
    get epoch() {
      return epoch;
    },
    async renew(isSuspected = false) {
      if (!isSuspected && Math.abs(clock.now() - lookedAt) < LOOK_AGAIN_MS) return;
      looking ??= look().finally(() => {
        looking = undefined;
      });
      await looking;
    },
    async follow(over) {
      above = Math.max(above, over);
      // The first time it may have joined a look that did not know yet.
      for (let i = 0; i < 2 && epoch <= above; i++) await reign.renew(true);
    },
  };
  await reign.renew();
  return reign;
}

/**
 * A peer that is told of the present reign. Another process of this primary may have begun it: then the replica refuses
 * the epoch that this one knows, or its store holds records of a later one. Or the replica was a primary itself, in a
 * reign that is over: then this one begins the next.
 * @param onFollowing told of that: what the replica wrote meanwhile is not here
 */
export function reigningPeer(peer: Peer, reign: Reign, clock: Clock, onFollowing: () => void = () => {}): Peer {
  async function under<Q extends { readonly epoch?: number }, A>(
    question: Q,
    ask: (question: Q) => Promise<A>,
  ): Promise<A> {
    try {
      return await ask(question);
    } catch (error) {
      if (!(error instanceof PeerError) || error.highestEpoch === undefined) throw error;
      await reign.renew(true);
      if (reign.epoch < error.highestEpoch) {
        if (!error.isOver) throw error;
        await reign.follow(error.highestEpoch);
        onFollowing();
      }
      return ask({ ...question, epoch: reign.epoch });
    }
  }

  async function knowing(batch: Batch): Promise<Batch> {
    if (clock.now() - batch.sentAt > MAX_AGE_MS) throw new PeerError('not sent: the record may be out of date by now');
    if (batch.records.some(({ epoch }) => epoch > batch.epoch)) await reign.renew(true);
    return { ...batch, epoch: Math.max(batch.epoch, reign.epoch) };
  }

  return {
    get bytes() {
      return peer.bytes;
    },
    replicate: (batch) => under(batch, async (each) => peer.replicate(await knowing(each))),
    digest: (question) => under(question, (each) => peer.digest(each)),
    stamps: (question) => under(question, (each) => peer.stamps(each)),
    records: (question) => under(question, (each) => peer.records(each)),
  };
}
