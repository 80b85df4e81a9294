// Reconciles what a comparison finds: pushes what is newer here, pulls what is newer there, forgets what both may.
import { TandemError } from '../../errors.ts';
import { inParallel } from '../../in-parallel.ts';
import { PeerError } from '../../peer/peer.ts';
import type { Entry, Replication } from '../../store/store.ts';
import type { Deadline, Pair, PrimaryPair } from '../pair.ts';
import type { Comparison } from '../replica-state.ts';
import { batches, batchSize, slices } from '../shipping/batches.ts';
import { type Shipping, shipmentOf } from '../shipping/ship.ts';
import { TIME_IS_UP } from './backlog.ts';
import { type CompareReport, type Difference, differences, topDigest } from './compare.ts';

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

const OTHER_CONTENTS = 'the replica has other contents now; the next repair starts anew';

/**
 * Compares the nodes and reconciles what differs, in bounded batches; stops at the deadline, and when it is called again
 * goes on from there.
 * @param report counts along
 * @returns why it stopped early; `undefined` when it got through
 * @throws PeerError
 */
export async function reconcile(
  pair: PrimaryPair,
  shipping: Shipping,
  report: ReconcileReport,
  limit: Deadline,
): Promise<string | undefined> {
  const { clock, currentEpoch, replicaState } = pair;
  const epoch = currentEpoch.value;
  const top = await topDigest(pair, epoch);
  replicaState.answered(top.id, clock.now());
  const started = replicaState.comparisonStarted(top.id);
  const before = { ...report };
  const progress = (from: number): Comparison => ({
    contentsId: top.id,
    from,
    foundDifferences: started.foundDifferences || report.keysDiffering > before.keysDiffering,
    hasFailures: started.hasFailures || report.failed > before.failed,
  });
  const scope = { epoch, from: started.from, deadline: limit.deadline };
  let asOf = clock.now();
  for await (const difference of differences(pair, top, scope, report)) {
    if (!replicaState.comparedUpTo(progress(difference.group))) return OTHER_CONTENTS;
    if (!(await bringOver(pair, shipping, difference, asOf, report, limit))) return TIME_IS_UP;
    asOf = clock.now();
  }
  // Records that could not be pushed or pulled are in no backlog, so the comparison stays owed.
  replicaState.comparisonEnded(progress(0), clock.now());
  return undefined;
}

/** @returns whether that was done in time */
async function bringOver(
  pair: PrimaryPair,
  shipping: Shipping,
  { push, pull, forget }: Difference,
  asOf: number,
  report: ReconcileReport,
  limit: Deadline,
): Promise<boolean> {
  const { store, clock, currentEpoch, retentionMs } = pair;
  const isLate = () => clock.elapsed() >= limit.deadline;
  report.keysDiffering += push.length + pull.length + forget.length;
  for (const batch of batches(push, ({ record }) => record, batchSize(store))) {
    await pushBatch(shipping, batch, asOf, report);
    if (isLate()) return false;
  }
  for (const keys of slices(pull)) {
    if (!(await pullRecords(pair, keys, report, isLate, currentEpoch.value))) return false;
  }
  for (const stamps of slices(forget)) await shipping.orderToForget(stamps, clock.now() - retentionMs);
  report.forgotten += forget.length;
  return !isLate();
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
 * @param isLate asked after each answer: whether to stop
 * @param epoch of this primary; absent while it recovers
 * @returns whether all were taken in before that
 * @throws PeerError
 */
export async function pullRecords(
  { store, peer }: Pair,
  keys: readonly string[],
  report: { pulled: number; failed: number },
  isLate: () => boolean,
  epoch?: number,
): Promise<boolean> {
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
    if (isLate()) return false;
  }
  return true;
}

const HELD_THERE: Replication = { status: 'replicated', attempts: [] };
