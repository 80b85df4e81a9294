// Reconciles what a comparison finds: pushes what is newer here, pulls what is newer there. Then both nodes forget what
// they may.
import { GROUPS } from '../../digest.ts';
import { TandemError } from '../../errors.ts';
import { inParallel } from '../../in-parallel.ts';
import { PeerError } from '../../peer/peer.ts';
import type { DigestAnswer } from '../../peer/wire.ts';
import type { StoredRecord } from '../../record.ts';
import { ACKNOWLEDGED } from '../../store/replication-state.ts';
import type { Entry } from '../../store/store.ts';
import { nameOf, someOf } from '../../telemetry/named-record.ts';
import type { Sender } from '../admit.ts';
import { asking } from '../learn-from-refusal.ts';
import type { Deadline, Pair, PrimaryPair } from '../pair.ts';
import type { Comparison } from '../replica-state.ts';
import { batches, batchSize, slices } from '../shipping/batches.ts';
import type { Shipping } from '../shipping/ship.ts';
import { shipmentOf } from '../shipping/shipment.ts';
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
  const { sender, top } = await begin(pair);
  replicaState.answered(sender.to, clock.now());
  const started = replicaState.comparisonStarted(sender.to);
  const before = { ...report };
  const progress = (from: number): Comparison => ({
    ...started,
    from,
    foundDifferences: started.foundDifferences || report.keysDiffering > before.keysDiffering,
    hasFailures: started.hasFailures || report.failed > before.failed,
  });
  const { isRefilling: isRefill } = replicaState.facts;
  const scope = { sender, from: started.from, deadline: limit.deadline, isRefill, isRecovery: false };
  for await (const difference of differences(pair, top, scope, report)) {
    if (!replicaState.comparedUpTo(progress(difference.group))) return OTHER_CONTENTS;
    if (!(await bringOver(pair, shipping, difference, sender, report, limit))) return TIME_IS_UP;
  }
  // Records that could not be pushed or pulled are in no backlog, so the comparison stays owed.
  const comparison = progress(0);
  if (!replicaState.comparedUpTo(progress(GROUPS))) return OTHER_CONTENTS;
  report.forgotten += await tellCompared(pair, { ...sender, epoch: currentEpoch.value }, comparison);
  await pair.store.completed();
  // Only now: what the replica said of itself before it knew may still be on its way.
  return replicaState.comparisonEnded(comparison, clock.now()) ? undefined : OTHER_CONTENTS;
}

/** Asks the contents that are there now for their digests, in the current epoch. @throws PeerError */
function begin(pair: PrimaryPair): Promise<{ sender: PrimarySender; top: DigestAnswer }> {
  return asking(pair, async () => {
    const sender = senderOf(pair);
    return { sender, top: await topDigest(pair, sender) };
  });
}

export type PrimarySender = Sender & { readonly epoch: number };

/** What a primary says of itself to the contents that it knows. @throws PeerError when it has not met any */
export function senderOf({ store, currentEpoch, replicaState }: PrimaryPair): PrimarySender {
  const to = replicaState.facts.contentsId;
  if (to === undefined) throw new PeerError('the replica has not said yet which contents it has');
  return { from: store.id, to, epoch: currentEpoch.value };
}

/**
 * Tells the replica that a comparison got through: from now on its absences count. Then both nodes forget what died
 * before the retention, in an earlier epoch: a message that could bring it back is refused. In memory the same message
 * begins that epoch. Where the primary could not take everything in, nothing is forgotten.
 * @returns how many records were forgotten here
 * @throws PeerError
 */
async function tellCompared(
  { store, peer, clock, retentionMs, currentEpoch }: PrimaryPair,
  sender: PrimarySender,
  { hasFailures }: Comparison,
): Promise<number> {
  const next = hasFailures ? undefined : await currentEpoch.next();
  const now = clock.now();
  const before = now - retentionMs;
  await peer.replicate({
    ...sender,
    ...(next !== undefined && { epoch: next, after: sender.epoch }),
    records: [],
    compared: hasFailures ? {} : { forgetBefore: before },
  });
  if (next !== undefined) await currentEpoch.begun(next);
  return hasFailures ? 0 : store.forget({ before, epoch: currentEpoch.value, now });
}

/** @returns whether that was done in time */
async function bringOver(
  pair: PrimaryPair,
  shipping: Shipping,
  { push, pull }: Difference,
  sender: PrimarySender,
  report: ReconcileReport,
  limit: Deadline,
): Promise<boolean> {
  const { store, clock } = pair;
  const isLate = () => clock.elapsed() >= limit.deadline;
  report.keysDiffering += push.length + pull.length;
  for (const batch of batches(push, ({ record }) => record, batchSize(store))) {
    await pushBatch(shipping, batch, sender.epoch, report);
    if (isLate()) return false;
  }
  for (const keys of slices(pull)) {
    if (!(await pullRecords(pair, keys, report, isLate, sender))) return false;
  }
  return !isLate();
}

async function pushBatch(
  shipping: Shipping,
  entries: readonly Entry[],
  epoch: number,
  report: ReconcileReport,
): Promise<void> {
  const shipments = entries.map((entry) => shipmentOf(entry, epoch));
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
 * @param sender what each question says of this primary, and of the contents that it is for
 * @returns whether all were taken in before that
 * @throws PeerError
 */
export async function pullRecords(
  pair: Pair,
  keys: readonly string[],
  report: { pulled: number; failed: number },
  isLate: () => boolean,
  sender: Sender,
): Promise<boolean> {
  for (let next = 0; next < keys.length; ) {
    const { records, asked, refused = 0 } = await pair.peer.records({ ...sender, keys: keys.slice(next) });
    report.failed += refused;
    await takeIn(pair, records, report);
    next += asked;
    if (isLate()) return false;
  }
  return true;
}

/** Applies records of the other node as copies that it holds. One that does not fit is counted. */
export async function takeIn(
  { store, happened }: Pair,
  records: readonly StoredRecord[],
  report: { pulled: number; failed: number },
): Promise<void> {
  const applied = await inParallel(records, async (record) => {
    try {
      return (await store.apply(record, ACKNOWLEDGED)) === 'applied';
    } catch (error) {
      if (!(error instanceof TandemError)) throw error;
      report.failed++;
      return false;
    }
  });
  const pulled = records.filter((_, i) => applied[i]);
  report.pulled += pulled.length;
  if (pulled.length > 0) happened?.({ kind: 'pulled', ...someOf(pulled, nameOf) });
}
