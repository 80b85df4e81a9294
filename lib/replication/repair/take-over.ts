// How a primary that holds nothing takes over what its replica holds: record by record in the order of their keys, without
// lists of stamps first, and the next page on its way while this one is taken in. A comparison comes after it and brings
// what is left out here: dead records, and what changes meanwhile.
import { oneAhead } from '../../one-ahead.ts';
import type { Peer } from '../../peer/peer.ts';
import type { StoredRecord } from '../../record.ts';
import type { Sender } from '../admit.ts';
import type { Pair } from '../pair.ts';
import { takeIn } from './reconcile.ts';

/** Records that are taken in in one turn of the event loop, which other requests wait for: one or two milliseconds. */
const RECORDS_A_TURN = 250;

/**
 * Holds two pages at most: one that is taken in, and the next. It ends with a page that brings nothing new, so that it
 * ends whatever the peer says.
 * @returns `false`, and takes nothing, where the primary holds something already: a try before was broken off
 * @throws PeerError
 */
export async function takeOver(pair: Pair, sender: Sender): Promise<boolean> {
  const { store, peer, clock } = pair;
  const sums = await store.groupSums();
  if (sums?.some((sum) => sum !== 0n) ?? true) return false;
  // What cannot be taken in is found again by the comparison, and counted there.
  const counts = { pulled: 0, failed: 0 };
  for await (const records of oneAhead(pages(peer, sender))) {
    const before = counts.pulled;
    for (let i = 0; i < records.length; i += RECORDS_A_TURN) {
      // Before the first ones the request for the next page leaves.
      await clock.sleep(0);
      await takeIn(pair, records.slice(i, i + RECORDS_A_TURN), counts);
    }
    if (counts.pulled === before) break;
  }
  return true;
}

async function* pages(peer: Peer, sender: Sender): AsyncGenerator<readonly StoredRecord[]> {
  let after: string | null | undefined = null;
  while (after !== undefined) {
    const { records, last }: Awaited<ReturnType<Peer['page']>> = await peer.page({ ...sender, after });
    yield records;
    after = last;
  }
}
