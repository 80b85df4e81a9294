// Once a minute: the primary ships the backlog, compares the nodes and reconciles what differs; each node tells the other how
// much it owes.
import type { Context } from 'aws-lambda';
import { TandemError } from '../lib/errors.ts';
import { everyMinute } from '../lib/node/every-minute.ts';
import { log, observer } from '../lib/node/process.ts';

/** Of a repair: below the minute that the function, and the next run, leave it. */
const LIMIT_MS = 50_000;
/** It is open at this moment who leads: the next minute brings the next run. */
const OPEN: readonly string[] = ['recovering', 'switching', 'not_primary'];

/** @throws Error that says no more than that it failed: Lambda prints it with all its members. The log has why */
export async function handler(_event: unknown, context: Context): Promise<void> {
  observer?.begin(context);
  try {
    await everyMinute(LIMIT_MS);
  } catch (error) {
    if (error instanceof TandemError && OPEN.includes(error.code)) return;
    log.error('the scheduled repair failed', {}, error);
    throw new Error('The scheduled repair failed; the log has why.');
  }
}
