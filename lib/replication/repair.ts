// Repair: ship the backlog, forget what may be forgotten, then compare and mend what differs, in both directions.
import type { Log } from '../log.ts';
import { missed } from './contact.ts';
import { type DrainOptions, type DrainParts, type DrainReport, drain, TIME_IS_UP } from './drain.ts';
import { type MendParts, type MendReport, mend, newMendReport } from './mend.ts';
import { PeerError } from './peer.ts';
import { retire } from './retire.ts';

export interface RepairReport extends DrainReport, MendReport {
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

export type RepairParts = DrainParts & MendParts & { readonly epoch: number; readonly log: Log };

export interface Repair {
  /** Repairs run one at a time: a call joins the one under way. */
  run(options: RepairOptions): Promise<RepairReport>;
  readonly isUnderWay: boolean;
}

export function createRepair(parts: RepairParts): Repair {
  let underWay: Promise<RepairReport> | undefined;
  return {
    get isUnderWay() {
      return underWay !== undefined;
    },
    run(options) {
      underWay ??= repair(parts, options).finally(() => {
        underWay = undefined;
      });
      return underWay;
    },
  };
}

async function repair(parts: RepairParts, options: RepairOptions): Promise<RepairReport> {
  const { store, peer, clock, contact, epoch } = parts;
  const report: RepairReport = { shipped: 0, ...newMendReport(), remaining: 0, bytes: 0, durationMs: 0 };
  const startedAt = clock.now();
  const bytesBefore = peer.bytes;
  let stoppedBy: string | undefined;
  try {
    stoppedBy = await drain(parts, options, report);
    if (stoppedBy === undefined && options.compare) stoppedBy = await compareAndMend(parts, options.deadline, report);
  } catch (error) {
    if (!(error instanceof PeerError)) throw error;
    missed(contact, error, epoch);
    stoppedBy = error.message;
  }
  report.remaining = (await store.backlogSize()).count;
  report.bytes = peer.bytes - bytesBefore;
  report.durationMs = Math.max(0, clock.now() - startedAt);
  return { ...report, ...(stoppedBy !== undefined && { stoppedBy }) };
}

/** Owes a comparison until it has got through one. @returns why it stopped early, if it did */
async function compareAndMend(parts: RepairParts, deadline: number, report: RepairReport): Promise<string | undefined> {
  const { contact, clock } = parts;
  const idBefore = contact.id;
  report.dropped += await retire(parts, deadline);
  if (!(await mend(parts, report, deadline))) return TIME_IS_UP;
  const sameReplica = idBefore === undefined || contact.id === idBefore;
  contact.owesComparison = !sameReplica;
  if (!sameReplica) delete contact.alikeSince;
  else if (contact.alikeSince === undefined || report.keysDiffering > 0) contact.alikeSince = clock.now();
  return undefined;
}
