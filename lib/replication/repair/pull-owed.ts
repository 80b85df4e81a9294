// Takes over what the replica owes: what it wrote as a primary, and what it lists as divergent. So a former primary is
// brought in line at the cost of what differs.
import { inParallel } from '../../in-parallel.ts';
import type { Peer } from '../../peer/peer.ts';
import { asking } from '../learn-from-refusal.ts';
import type { Deadline, PrimaryPair } from '../pair.ts';
import { batches, batchSize } from '../shipping/batches.ts';
import type { Shipping } from '../shipping/ship.ts';
import { shipmentOf } from '../shipping/shipment.ts';
import { TIME_IS_UP } from './backlog.ts';
import { type PrimarySender, pullRecords, senderOf } from './reconcile.ts';

/** How many pages of what is owed are taken at most: a million records. */
const MAX_PAGES = 2000;

interface Asked {
  readonly sender: PrimarySender;
  readonly page: Awaited<ReturnType<Peer['owed']>>;
}

/**
 * Pulls each record that the replica owes, and ships what this node holds then: the replica learns from it that nothing is
 * owed any more.
 * @param report counts along
 * @returns why it stopped early; `undefined` when it got through
 * @throws PeerError
 */
export async function pullOwed(
  pair: PrimaryPair,
  shipping: Shipping,
  report: { pulled: number; failed: number },
  limit: Deadline,
): Promise<string | undefined> {
  const { store, peer, clock } = pair;
  const isLate = () => clock.elapsed() >= limit.deadline;
  let owedAfter: string | null = null;
  for (let i = 0; i < MAX_PAGES; i++) {
    const ask = async (): Promise<Asked> => {
      const sender = senderOf(pair);
      return { sender, page: await peer.owed({ ...sender, owedAfter }) };
    };
    // What other contents owe would begin at another page.
    const { sender, page }: Asked = i === 0 ? await asking(pair, ask) : await ask();
    const { stamps, cursor, refused = 0 } = page;
    report.failed += refused;
    const keys = stamps.map(({ key }) => key);
    if (!(await pullRecords(pair, keys, report, isLate, sender))) return TIME_IS_UP;
    const held = (await inParallel(keys, (key) => store.get(key))).filter((entry) => entry !== undefined);
    for (const batch of batches(held, ({ record }) => record, batchSize(store))) {
      const shipments = batch.map((entry) => shipmentOf(entry, sender.epoch));
      const { unanswered } = await shipping.ship(shipments, true);
      if (unanswered !== undefined) return unanswered;
      if (isLate()) return TIME_IS_UP;
    }
    if (cursor === undefined) return undefined;
    owedAfter = cursor;
  }
  return TIME_IS_UP;
}
