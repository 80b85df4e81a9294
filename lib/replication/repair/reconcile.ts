// Reconciles what a comparison finds: pushes what is newer here, pulls what is newer there, forgets what both may.
import { TandemError } from '../../errors.ts';
import { inParallel } from '../../in-parallel.ts';
import { PeerError } from '../../peer/peer.ts';
import type { Entry, Replication } from '../../store/store.ts';
import type { Deadline, Pair, PrimaryPair } from '../pair.ts';
import { batches, batchSize, slices } from '../shipping/batches.ts';
import { type Shipping, shipmentOf } from '../shipping/ship.ts';
import { type CompareReport, differences, topDigest } from './compare.ts';

export interface ReconcileReport extends CompareReport {
  keysDiffering: number;
  pushed: number;
  pulled: number;
  /** Records that both nodes have forgotten. */
  forgotten: number;
}

export function newReconcileReport(): ReconcileReport {
  return { bucketsCompared: 0, bucketsDiffering: 0, keysDiffering: 0, pushed: 0, pulled: 0, forgotten: 0, failed: 0 };
}

/**
 * Compares the nodes and reconciles what differs, in bounded batches; stops at the deadline, and when it is called again
 * goes on from there.
 * @param report counts along
 * @returns whether it got through in time
 * @throws PeerError
 */
export async function reconcile(
  pair: PrimaryPair,
  shipping: Shipping,
  report: ReconcileReport,
  limit: Deadline,
): Promise<boolean> {
  const { clock, currentEpoch, replicaState, retentionMs } = pair;
  const failedBefore = report.failed;
  const differingBefore = report.keysDiffering;
  const epoch = currentEpoch.value;
  const isLate = () => clock.elapsed() >= limit.deadline;
  let asOf = clock.now();
  const top = await topDigest(pair, epoch);
  replicaState.answered(top.id, clock.now());
  const scope = { epoch, from: replicaState.facts.compareFrom, deadline: limit.deadline };
  for await (const { group, push, pull, forget } of differences(pair, top, scope, report)) {
    replicaState.comparedUpTo(group);
    report.keysDiffering += push.length + pull.length + forget.length;
    for (const batch of batches(push, ({ record }) => record, batchSize(pair.store))) {
      await pushBatch(shipping, batch, asOf, report);
      if (isLate()) return false;
    }
    for (const keys of slices(pull)) {
      await pullRecords(pair, keys, report, epoch);
      if (isLate()) return false;
    }
    for (const stamps of slices(forget)) await shipping.orderToForget(stamps, clock.now() - retentionMs);
    report.forgotten += forget.length;
    asOf = clock.now();
    if (isLate()) return false;
  }
  // What could not be pulled, and what a former replica could not push, is in no backlog.
  const hasFailures = report.failed > failedBefore;
  const foundDifferences = report.keysDiffering > differingBefore;
  replicaState.comparisonEnded({ contentsId: top.id, foundDifferences, hasFailures }, clock.now());
  return true;
}

async function pushBatch(
  shipping: Shipping,
  entries: readonly Entry[],
  asOf: number,
  report: ReconcileReport,
): Promise<void> {
  const shipments = entries.map((entry) => shipmentOf(entry, asOf));
  const { results, unanswered } = await shipping.ship(shipments, true);
  if (unanswered !== undefined) throw new PeerError(unanswered);
  for (const { delivery } of results) {
    if (delivery.replicated) report.pushed++;
    else report.failed++;
  }
}

/**
 * Takes records of the other node in, as copies that it holds. One that does not fit is counted, and holds up none of
 * the others.
 * @param epoch of this primary; absent while it recovers
 * @throws PeerError
 */
export async function pullRecords(
  { store, peer }: Pair,
  keys: readonly string[],
  report: { pulled: number; failed: number },
  epoch?: number,
): Promise<void> {
  for (let next = 0; next < keys.length; ) {
    const question = { keys: keys.slice(next), ...(epoch !== undefined && { epoch }) };
    const { records, asked, refused = 0 } = await peer.records(question);
    report.failed += refused;
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
