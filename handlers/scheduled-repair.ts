// Once a minute, on the primary: ship the backlog, compare the nodes and reconcile what differs; then say how the
// backlog is.
import type { Context } from 'aws-lambda';
import { primary } from '../lib/node/primary.ts';
import { clock, config, log, observer } from '../lib/node/process.ts';
import { store } from '../lib/node/store.ts';
import { counted } from '../lib/telemetry/metrics.ts';

/** Below the minute that the function, and the next run, leave it. */
const LIMIT_MS = 50_000;

/** @throws Error that says no more than that it failed: Lambda prints it with all its members. The log has why */
export async function handler(_event: unknown, context: Context): Promise<void> {
  if (config.role !== 'primary') return;
  observer?.begin(context);
  try {
    await repair();
  } catch (error) {
    log.error('the scheduled repair failed', {}, error);
    throw new Error('The scheduled repair failed; the log has why.');
  }
}

async function repair(): Promise<void> {
  const node = await primary();
  const report = await node.repair(LIMIT_MS, clock.now() - config.compareEveryMs);
  if (!observer) return;
  observer.info('scheduled repair', report);
  const { count, oldest } = await store.backlogSize();
  observer.emit({
    BacklogSize: count,
    Fenced: Number(node.isFenced),
    BacklogAge: oldest === undefined ? 0 : Math.max(0, clock.now() - oldest) / 1000,
    ...counted('ReplicationFailures', report.failed),
  });
}
