// The body of `POST /repair`.
import type { RepairReport } from '../replication/repair/repair.ts';

/** The API has called forgotten records `dropped` since its first version. */
export function repairBody({ forgotten, ...report }: RepairReport): Record<string, unknown> {
  return { ...report, dropped: forgotten };
}
