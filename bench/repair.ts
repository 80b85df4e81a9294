// Repairs of a node that is measured.
import type { RepairReport } from '../lib/replication/repair/repair.ts';
import type { MeasuredNode } from './nodes.ts';

export type { RepairReport };

/** One repair, which ends after 25 s at the latest; or the scheduled one, if that is under way. */
export async function repair({ url }: MeasuredNode): Promise<RepairReport> {
  const response = await fetch(`${url}/repair`, { method: 'POST' });
  if (!response.ok) throw new Error(`POST /repair answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as RepairReport;
}

/** As many repairs as it takes. @returns what they add up to */
export async function repairAll(node: MeasuredNode): Promise<RepairReport> {
  let sum: RepairReport | undefined;
  for (;;) {
    const report = await repair(node);
    sum = addReports(sum, report);
    if (report.stoppedBy === undefined) return sum;
    if (report.pushed + report.shipped === 0) throw new Error(`The repair does not get on: ${report.stoppedBy}`);
  }
}

/** @param a the repairs before, if there were any. @returns what they come to together; it ended as the last one did */
export function addReports(a: RepairReport | undefined, b: RepairReport): RepairReport {
  if (a === undefined) return b;
  return {
    ...b,
    shipped: a.shipped + b.shipped,
    failed: a.failed + b.failed,
    keysDiffering: a.keysDiffering + b.keysDiffering,
    pushed: a.pushed + b.pushed,
    pulled: a.pulled + b.pulled,
    bytes: a.bytes + b.bytes,
    durationMs: a.durationMs + b.durationMs,
  };
}
