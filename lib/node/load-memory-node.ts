// The node of this process, where it holds its contents in memory: loaded once, by whoever needs it first.
import type { MemoryNode } from '../replication/memory-node.ts';

let loading: Promise<MemoryNode> | undefined;

export function loadMemoryNode(): Promise<MemoryNode> {
  loading ??= import('./in-memory.ts').then(({ memoryNode }) => memoryNode);
  return loading;
}
