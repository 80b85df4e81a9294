// Repair: ship the backlog, then compare and reconcile, in both directions, and forget what may be forgotten.
import { HANDSHAKE_TIMEOUT_MS, PeerError } from '../../peer/peer.ts';
import { reasonOf } from '../../telemetry/named-record.ts';
import { learnFromRefusal } from '../learn-from-refusal.ts';
import { meet } from '../meet.ts';
import type { PrimaryPair } from '../pair.ts';
import type { Shipping } from '../shipping/ship.ts';
import { type BacklogOptions, type BacklogReport, shipBacklog, TIME_IS_UP } from './backlog.ts';
import { dismissCurrent } from './dismiss-current.ts';
import { ANOTHER_REPAIRS, LockLost, lockedPeer, lockedShipping, type RepairLock } from './lock.ts';
import { pullOwed } from './pull-owed.ts';
import { newReconcileReport, type ReconcileReport, reconcile } from './reconcile.ts';

export interface RepairReport extends BacklogReport, ReconcileReport {
  /** Records left in the backlog. */
  remaining: number;
  /** Bytes exchanged with the replica meanwhile, without headers. */
  bytes: number;
  durationMs: number;
  /** Why it ended early. Absent: it got through. */
  stoppedBy?: string;
}

export interface RepairOptions extends BacklogOptions {
  /** Whether to compare the nodes as well, or to ship the backlog only. */
  compare: boolean;
  /** A call that joins may make it earlier. */
  deadline: number;
  /** How long to wait while another process repairs, in milliseconds. */
  readonly lockWaitMs: number;
  /** Says anew whether to compare, once no other process repairs: that may have compared meanwhile. */
  readonly isToCompare: () => Promise<boolean>;
}

export interface Repair {
  /**
   * One repair runs at a time. A second call shortens the deadline of the one under way; it takes its report if that
   * does as much, else it runs afterwards.
   * @returns `undefined` when another process is repairing
   */
  run(options: RepairOptions): Promise<RepairReport | undefined>;
  readonly isUnderWay: boolean;
}

/** @param lock absent: there are no other processes */
export function createRepair(pair: PrimaryPair, shipping: Shipping, lock?: RepairLock): Repair {
  let underWay: { readonly options: RepairOptions; readonly report: Promise<RepairReport | undefined> } | undefined;

  async function locked(options: RepairOptions): Promise<RepairReport | undefined> {
    if (!lock) return toldRepair(pair, shipping, options);
    if (!(await lock.take(Math.min(options.deadline, pair.clock.elapsed() + options.lockWaitMs)))) return undefined;
    try {
      const locked = { ...pair, peer: lockedPeer(pair.peer, lock) };
      return await toldRepair(locked, lockedShipping(shipping, lock), options);
    } finally {
      await lock.release();
    }
  }

  async function run(options: RepairOptions): Promise<RepairReport | undefined> {
    while (underWay) {
      const { options: running, report } = underWay;
      running.deadline = Math.min(running.deadline, options.deadline);
      await report.catch(() => {});
      if (covers(running, options)) return report;
    }
    const report = locked(options).finally(() => {
      underWay = undefined;
    });
    underWay = { options, report };
    return report;
  }

  return {
    run,
    get isUnderWay() {
      return underWay !== undefined;
    },
  };
}

/** The report of a repair that was left to another process. */
export function leftToAnother(remaining: number, durationMs: number): RepairReport {
  const nothing = { shipped: 0, ...newReconcileReport() };
  return { ...nothing, remaining, bytes: 0, durationMs: Math.round(durationMs), stoppedBy: ANOTHER_REPAIRS };
}

function covers(running: RepairOptions, wanted: RepairOptions): boolean {
  return (
    (running.scope === 'all' || wanted.scope === 'due') &&
    (running.compare || !wanted.compare) &&
    (running.force || !wanted.force)
  );
}

/** Tells of a repair, and how it has ended. */
async function toldRepair(pair: PrimaryPair, shipping: Shipping, options: RepairOptions): Promise<RepairReport> {
  const { happened } = pair;
  if (!happened) return repair(pair, shipping, options);
  happened({ kind: 'repair', phase: 'began' });
  try {
    const report = await repair(pair, shipping, options);
    const { shipped, failed, stoppedBy } = report;
    const reason = stoppedBy !== undefined && { stoppedBy: reasonOf(stoppedBy) };
    happened({ kind: 'repair', phase: 'ended', shipped, failed, ...reason });
    return report;
  } catch (error) {
    happened({ kind: 'repair', phase: 'ended', stoppedBy: 'this node failed' });
    throw error;
  }
}

async function repair(pair: PrimaryPair, shipping: Shipping, options: RepairOptions): Promise<RepairReport> {
  const { store, peer, clock, replicaState } = pair;
  const counts = { shipped: 0, ...newReconcileReport() };
  const startedAt = clock.elapsed();
  const bytesBefore = peer.bytes;
  let stoppedBy: string | undefined;
  try {
    options.compare = await options.isToCompare();
    const isOwed = await getAcquainted(pair, options);
    if (clock.elapsed() < options.deadline) {
      if (isOwed) stoppedBy = await pullOwed(pair, shipping, counts, options);
      stoppedBy ??= await shipBacklog(pair, shipping, options, counts);
    } else {
      replicaState.requireBacklog();
      stoppedBy = TIME_IS_UP;
    }
    const compare = options.compare || replicaState.facts.isRefilling;
    if (stoppedBy === undefined && compare) {
      stoppedBy = await compareNodes(pair, shipping, options, counts);
      if (stoppedBy === undefined && (await dismissCurrent(pair)) > 0) replicaState.requireBacklog();
    }
    // What was sent may have made the replica list something as divergent; what was pulled it may have owed.
    const { shipped, pushed, pulled } = counts;
    const isNews = stoppedBy === undefined && shipped + pushed + pulled > 0;
    if (isNews) stoppedBy = await pullOwed(pair, shipping, counts, options);
    // Writes that were left to the backlog meanwhile could not start a repair, because this one was under way.
    const scope = replicaState.facts.owesBacklog ? options.scope : 'due';
    if (isNews) replicaState.requireBacklog();
    if (stoppedBy === undefined && replicaState.facts.owesBacklog) {
      // What has failed a moment ago is not due. What was listed meanwhile, or taken from the list, is.
      stoppedBy = await shipBacklog(pair, shipping, options, counts, scope);
    }
  } catch (error) {
    if (error instanceof PeerError) {
      replicaState.requestFailed(error);
      await learnFromRefusal(pair, error);
    } else replicaState.requireBacklog();
    if (!(error instanceof PeerError || error instanceof LockLost)) throw error;
    stoppedBy = error.message;
  }
  const { count: remaining } = await store.backlogSize();
  if (remaining === 0) replicaState.backlogEmpty();
  // Of what was taken in something may have been listed meanwhile: whoever writes next ships it.
  else replicaState.requireBacklog();
  return {
    ...counts,
    remaining,
    bytes: peer.bytes - bytesBefore,
    durationMs: Math.round(clock.elapsed() - startedAt),
    ...(stoppedBy !== undefined && { stoppedBy }),
  };
}

/**
 * Learns which contents are there now, and whether they are to be refilled. A replica that fails is asked only if that is
 * wanted.
 * @returns whether it owes anything
 * @throws PeerError
 */
async function getAcquainted(pair: PrimaryPair, { compare, force }: RepairOptions): Promise<boolean> {
  if (!compare && !force) return false;
  const { highestEpoch, owed = 0 } = await meet(pair, HANDSHAKE_TIMEOUT_MS);
  if (highestEpoch > pair.currentEpoch.value) await pair.currentEpoch.refresh(true);
  return owed > 0;
}

/** Owes the comparison until it has got through. @returns why it stopped early, if it did */
function compareNodes(
  pair: PrimaryPair,
  shipping: Shipping,
  options: RepairOptions,
  report: ReconcileReport,
): Promise<string | undefined> {
  pair.replicaState.comparisonOwed();
  return reconcile(pair, shipping, report, options);
}
