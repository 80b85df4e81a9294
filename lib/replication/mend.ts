// Mends what a comparison finds: pushes what is newer here, pulls what is newer there, drops what both may forget.
import type { Clock } from '../clock.ts';
import type { Entry, Store } from '../store/store.ts';
import { batches } from './batches.ts';
import { type Comparison, type ComparisonParts, differences } from './compare.ts';
import { type Shipping, shipmentOf } from './ship.ts';

const PULL_AT_A_TIME = 500;
const DROP_AT_A_TIME = 500;

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
}

export function newMendReport(): MendReport {
  return { bucketsCompared: 0, bucketsDiffering: 0, keysDiffering: 0, pushed: 0, pulled: 0, dropped: 0, failed: 0 };
}

/**
 * Compares the nodes and mends what differs, in bounded batches; stops at the deadline, and can be called again.
 * @param report counts along
 * @param deadline in milliseconds of the clock
 * @returns whether it got through in time
 * @throws PeerError
 */
export async function mend(parts: MendParts, report: MendReport, deadline: number): Promise<boolean> {
  const { shipping, clock, retentionMs } = parts;
  for await (const difference of differences(parts, report)) {
    const { push, pull, drop } = difference;
    report.keysDiffering += push.length + pull.length + drop.length;
    for (const batch of batches(push, ({ record }) => record)) {
      await pushBatch(shipping, batch, report);
      if (clock.now() >= deadline) return false;
    }
    await pullRecords(parts, pull, report);
    for (let i = 0; i < drop.length; i += DROP_AT_A_TIME) {
      await shipping.drop(drop.slice(i, i + DROP_AT_A_TIME), clock.now() - retentionMs);
    }
    report.dropped += drop.length;
    if (clock.now() >= deadline) return false;
  }
  return true;
}

async function pushBatch(shipping: Shipping, entries: readonly Entry[], report: MendReport): Promise<void> {
  for (const { replicated } of await shipping.ship(entries.map(shipmentOf), true)) {
    if (replicated) report.pushed++;
    else report.failed++;
  }
}

/**
 * Takes records of the other node in, as copies that it holds.
 * @throws PeerError
 */
export async function pullRecords(
  { store, peer, clock, epoch }: { store: Store; peer: ComparisonParts['peer']; clock: Clock; epoch?: number },
  keys: readonly string[],
  report: { pulled: number },
): Promise<void> {
  for (let next = 0; next < keys.length; ) {
    const question = keys.slice(next, next + PULL_AT_A_TIME);
    const { records, asked } = await peer.records({ keys: question, ...(epoch !== undefined && { epoch }) });
    for (const record of records) {
      const outcome = await store.apply(record, { status: 'replicated', replicatedAt: clock.now(), attempts: [] });
      if (outcome === 'applied') report.pulled++;
    }
    next += asked;
  }
}
