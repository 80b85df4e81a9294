// Once a minute: ship what is due, compare the nodes, and mend what differs. The function exists on both stages; the schedule is switched on for the primary.
import { config } from '../lib/node.ts';
import { primary } from '../lib/primary-node.ts';

export async function handler(): Promise<void> {
  if (config.role === 'primary') await (await primary()).repair('due');
}
