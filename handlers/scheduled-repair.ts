// Once a minute, on the primary: ship the backlog, compare the nodes, and mend what differs.
import { config } from '../lib/node.ts';
import { primary } from '../lib/primary-node.ts';

/** Below the minute that the function, and the next run, leave it. */
const LIMIT_MS = 50_000;

export async function handler(): Promise<void> {
  if (config.role === 'primary') await (await primary()).repair(LIMIT_MS);
}
