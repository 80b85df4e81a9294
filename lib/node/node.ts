// The node of this process: what it does as the primary, as the replica, and when its role changes.
import { nodeCrypto } from '../builtin.ts';
import type { PairNode } from '../replication/pair-node.ts';
import { loadMemoryNode } from './load-memory-node.ts';
import { nodeOptions } from './options.ts';
import { config } from './process.ts';
import { durableRoles, store } from './store.ts';

export const node: PairNode = await open();

async function open(): Promise<PairNode> {
  const { nodeState } = store;
  if (!nodeState || !durableRoles) return loadMemoryNode();
  const { DurableNode } = await import('../replication/durable-node.ts');
  return new DurableNode({
    ...nodeOptions,
    nodeState,
    roles: durableRoles,
    owner: nodeCrypto().randomUUID(),
    isAlone: config.store.kind === 'sqlite',
  });
}
