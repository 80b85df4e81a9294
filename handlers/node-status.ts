// GET /status: how this node is doing.
import { json } from '../lib/http/answer.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { primaryStatus, recoveringStatus, replicaStatus } from '../lib/http/node-status.ts';
import { clock, config, state, store } from '../lib/node.ts';
import { primary } from '../lib/primary-node.ts';
import { replica } from '../lib/replica-node.ts';

export const handler = endpoint(async () => json(200, await statusOfThisNode()), { whileRecovering: true });

async function statusOfThisNode(): Promise<Record<string, unknown>> {
  if (config.role === 'replica') return replicaStatus(store, clock, replica());
  return state.recovering ? recoveringStatus(store, clock) : primaryStatus(store, clock, await primary());
}
