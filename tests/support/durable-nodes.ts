// Two nodes over durable stores, with a link between them. Each has processes that come and go, and that share what its store
// keeps: nothing happens between two requests.
import { DurableNode } from '../../lib/replication/durable-node.ts';
import type { NodeOptions } from '../../lib/replication/pair-node.ts';
import { Roles } from '../../lib/replication/roles.ts';
import type { Written } from '../../lib/replication/write-request.ts';
import { durableStore } from './durable.ts';
import { LinkedNodes, type NodeName } from './linked-nodes.ts';

let started = 0;

function open(options: NodeOptions): DurableNode {
  const { store, clock, beginsAs } = options;
  const { nodeState } = store;
  if (!nodeState) throw new Error('These nodes are over durable stores.');
  const roles = new Roles(store, clock, beginsAs);
  return new DurableNode({ ...options, nodeState, owner: `process ${++started}`, roles });
}

export class DurableNodes extends LinkedNodes<DurableNode> {
  constructor() {
    super(open);
  }

  /** Starts both, and has A write `seen`, which is on both then. @throws Error when the nodes are not in sync */
  async begin(): Promise<void> {
    for (const name of ['a', 'b'] as const) this.start(name, durableStore());
    await this.write('a', 'seen', 'v');
    await this.repair('a');
    if (!(await this.isHealed('a'))) throw new Error('The nodes are not in sync at the start.');
  }

  /** Another process takes the place of the one that runs. */
  replaceProcess(name: NodeName): void {
    this.start(name, this.store(name));
  }

  /** What a node says of itself to the other one, once a minute; what that answers is heard. */
  async tellOther(name: NodeName): Promise<void> {
    const other = name === 'a' ? 'b' : 'a';
    const said = await this.node(name).describe();
    await this.node(name).hear(await this.node(other).handshake(said));
  }
}

/** Writes by one of the processes of a node. */
export async function put(node: DurableNode, key: string, value: unknown): Promise<Written> {
  return (await node.primary()).write({ key, value: JSON.stringify(value) });
}
