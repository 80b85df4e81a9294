// The node of this process, where it holds its contents in memory. It lives from the moment this file is loaded: it recovers,
// or tells the other node that it has started.
import { MemoryNode } from '../replication/memory-node.ts';
import { nodeOptions } from './options.ts';

export const memoryNode = new MemoryNode(nodeOptions);
