// Mends what a comparison finds: pushes what is newer here, pulls what is newer there, drops what both may forget.
import { TandemError } from '../errors.ts';
import { inParallel } from '../in-parallel.ts';
import type { Entry, Replication } from '../store/store.ts';
import { batches, batchSize, slices } from './batches.ts';
import { type Comparison, type ComparisonParts, differences } from './compare.ts';
import { PeerError } from './peer.ts';
import { type Shipping, shipmentOf } from './ship.ts';

/** When to stop, in milliseconds of elapsed time; may be moved forward meanwhile. */
export interface Limit {
  readonly deadline: number;
}

export interface MendReport extends Comparison {
  keysDiffering: number;
  pushed: number;
  pulled: number;
  dropped: number;
  /** Records that the replica, or this store, did not take. */
  failed: number;
}

export interface MendParts extends ComparisonParts {
  readonly shipping: Shipping;
  /** See ShippingParts. */
  readonly reignTime: () => number;
}

export function newMendReport(): MendReport {
  return { bucketsCompared: 0, bucketsDiffering: 0, keysDiffering: 0, pushed: 0, pulled: 0, dropped: 0, failed: 0 };
}

/**
 * Compares the nodes and mends what differs, in bounded batches; stops at the deadline, and when it is called again goes
 * on from there.
 * @param report counts along
 * @param limit its deadline is in milliseconds of elapsed time
 * @returns whether it got through in time
 * @throws PeerError
 */
export async function mend(parts: MendParts, report: MendReport, limit: Limit): Promise<boolean> {
  const { store, shipping, clock, contact, reignTime, retentionMs } = parts;
  let asOf = reignTime();
  const isLate = () => clock.elapsed() >= limit.deadline;
  for await (const { group, push, pull, drop } of differences(parts, report)) {
    contact.compareFrom = group;
    report.keysDiffering += push.length + pull.length + drop.length;
    for (const batch of batches(push, ({ record }) => record, batchSize(store))) {
      await pushBatch(shipping, batch, asOf, report);
      if (isLate()) return false;
    }
    for (const keys of slices(pull)) {
      await pullRecords(parts, keys, report);
      if (isLate()) return false;
    }
    for (const stamps of slices(drop)) await shipping.drop(stamps, clock.now() - retentionMs);
    report.dropped += drop.length;
    asOf = reignTime();
    if (isLate()) return false;
  }
  contact.compareFrom = 0;
  return true;
}

async function pushBatch(
  shipping: Shipping,
  entries: readonly Entry[],
  asOf: number,
  report: MendReport,
): Promise<void> {
  const shipments = entries.map((entry) => shipmentOf(entry, asOf));
  const { deliveries, unanswered } = await shipping.ship(shipments, true);
  if (unanswered !== undefined) throw new PeerError(unanswered);
  for (const { replicated } of deliveries) {
    if (replicated) report.pushed++;
    else report.failed++;
  }
}

/**
 * Takes records of the other node in, as copies that it holds. One that does not fit is counted, and holds up none of
 * the others.
 * @throws PeerError
 */
export async function pullRecords(
  { store, peer, epoch }: Pick<ComparisonParts, 'store' | 'peer' | 'epoch'>,
  keys: readonly string[],
  report: { pulled: number; failed: number },
): Promise<void> {
  for (let next = 0; next < keys.length; ) {
    const { records, asked } = await peer.records({ keys: keys.slice(next), ...(epoch !== undefined && { epoch }) });
    await inParallel(records, async (record) => {
      try {
        if ((await store.apply(record, HELD_THERE)) === 'applied') report.pulled++;
      } catch (error) {
        if (!(error instanceof TandemError)) throw error;
        report.failed++;
      }
    });
    next += asked;
  }
}

const HELD_THERE: Replication = { status: 'replicated', attempts: [] };
