// Repair: ship the backlog, forget what may be forgotten, then compare and mend what differs, in both directions.
import { missed } from './contact.ts';
import { type DrainOptions, type DrainParts, type DrainReport, drain, TIME_IS_UP } from './drain.ts';
import { type MendParts, type MendReport, mend, newMendReport } from './mend.ts';
import { PeerError } from './peer.ts';
import type { Reign } from './reign.ts';
import { retire } from './retire.ts';

export interface RepairReport extends DrainReport, Omit<MendReport, 'comparedWith'> {
  /** Records left in the backlog. */
  remaining: number;
  /** Bytes exchanged with the replica meanwhile, without headers. */
  bytes: number;
  durationMs: number;
  /** Why it ended early. Absent: it got through. */
  stoppedBy?: string;
}

export interface RepairOptions extends DrainOptions {
  /** Whether to compare the nodes as well, or to ship the backlog only. */
  readonly compare: boolean;
}

export type RepairParts = DrainParts & Omit<MendParts, 'epoch'> & { readonly reign: Reign };

export interface Repair {
  /** One repair runs at a time. A call joins the one under way if that does as much, else it follows it. */
  run(options: RepairOptions): Promise<RepairReport>;
  readonly isUnderWay: boolean;
}

export function createRepair(parts: RepairParts): Repair {
  let underWay: { readonly options: RepairOptions; readonly report: Promise<RepairReport> } | undefined;

  async function run(options: RepairOptions): Promise<RepairReport> {
    while (underWay) {
      const { options: running, report } = underWay;
      running.deadline = Math.min(running.deadline, options.deadline);
      if (covers(running, options)) return report;
      await report.catch(() => {});
    }
    const report = repair(parts, options).finally(() => {
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

function covers(running: RepairOptions, wanted: RepairOptions): boolean {
  return (
    (running.scope === 'all' || wanted.scope === 'due') &&
    (running.compare || !wanted.compare) &&
    (running.force || !wanted.force)
  );
}

async function repair(parts: RepairParts, options: RepairOptions): Promise<RepairReport> {
  const { store, peer, clock, contact, reign } = parts;
  const counts = { shipped: 0, ...newMendReport() };
  const startedAt = clock.elapsed();
  const bytesBefore = peer.bytes;
  let stoppedBy: string | undefined;
  try {
    stoppedBy = await drain(parts, options, counts);
    if (stoppedBy === undefined && options.compare) stoppedBy = await compareAndMend(parts, options, counts);
    // Writes that meanwhile were not tried have started nothing, since a repair was under way.
    if (stoppedBy === undefined && contact.owesBacklog) stoppedBy = await drain(parts, options, counts);
  } catch (error) {
    if (!(error instanceof PeerError)) {
      contact.owesBacklog = true;
      throw error;
    }
    missed(contact, error, reign.epoch);
    stoppedBy = error.message;
  }
  const remaining = (await store.backlogSize()).count;
  const { comparedWith: _, ...report } = counts;
  return {
    ...report,
    remaining,
    bytes: peer.bytes - bytesBefore,
    durationMs: Math.round(clock.elapsed() - startedAt),
    ...(stoppedBy !== undefined && { stoppedBy }),
  };
}

/** Owes the comparison until it has got through. @returns why it stopped early, if it did */
async function compareAndMend(
  parts: RepairParts,
  options: RepairOptions,
  report: MendReport,
): Promise<string | undefined> {
  const { contact, clock } = parts;
  contact.owesComparison = true;
  report.dropped += await retire(parts, options);
  const failedBefore = report.failed;
  if (!(await mend({ ...parts, epoch: parts.reign.epoch }, report, options))) return TIME_IS_UP;
  // What could not be pulled, and what a former replica could not push, is in no backlog.
  contact.owesComparison = contact.id !== report.comparedWith || report.failed > failedBefore;
  contact.comparedAt = clock.now();
  if (report.keysDiffering > 0) contact.mendedAt = clock.now();
  else contact.mendedAt ??= clock.now();
  return undefined;
}
