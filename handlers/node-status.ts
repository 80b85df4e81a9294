// GET /status: how this node is doing.
import { json } from '../lib/http/answer.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { primaryStatus, recoveringStatus, replicaStatus } from '../lib/http/node-status.ts';
import { clock, config, state } from '../lib/node/process.ts';
import { replica } from '../lib/node/replica.ts';
import { store } from '../lib/node/store.ts';
import { savedLastContact } from '../lib/replication/last-contact.ts';
import { savedReplicaState } from '../lib/replication/shared-replica-state.ts';

export const handler = endpoint(async () => json(200, await statusOfThisNode()), {
  access: 'read',
  whileRecovering: true,
});

async function statusOfThisNode(): Promise<Record<string, unknown>> {
  const { nodeState } = store;
  if (config.role === 'replica') {
    const lastContactAt = nodeState ? await savedLastContact(nodeState) : replica().lastContactAt;
    return replicaStatus(store, clock, lastContactAt);
  }
  if (nodeState) return primaryStatus(store, clock, (await nodeState.epochs()).own, await savedReplicaState(nodeState));
  if (state.recovering) return recoveringStatus(store, clock);
  // In memory only: where the primary has processes of its own, telling its status must not begin an epoch.
  const { primary } = await import('../lib/node/primary.ts');
  const { epoch, replica: known, circuit } = await primary();
  return primaryStatus(store, clock, epoch, { ...known, circuit });
}
