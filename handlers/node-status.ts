// GET /status: how this node is doing.
import { json } from '../lib/http/answer.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { primaryStatus, recoveringStatus, replicaStatus } from '../lib/http/node-status.ts';
import { clock, config, state } from '../lib/node.ts';
import { replica } from '../lib/replica-node.ts';
import { notedContact } from '../lib/replication/note.ts';
import { store } from '../lib/store-node.ts';

export const handler = endpoint(async () => json(200, await statusOfThisNode()), {
  access: 'read',
  whileRecovering: true,
});

async function statusOfThisNode(): Promise<Record<string, unknown>> {
  const { durable } = store;
  if (config.role === 'replica') {
    const lastContactAt = durable ? (await notedContact(durable)).at : replica().lastContactAt;
    return replicaStatus(store, clock, lastContactAt);
  }
  if (durable) return primaryStatus(store, clock, (await durable.reign()).own, await notedContact(durable));
  if (state.recovering) return recoveringStatus(store, clock);
  // In memory only: where the primary has processes of its own, telling its status must not begin a reign.
  const { primary } = await import('../lib/primary-node.ts');
  const { epoch, contact, breaker } = await primary();
  return primaryStatus(store, clock, epoch, { ...contact, circuit: breaker });
}
