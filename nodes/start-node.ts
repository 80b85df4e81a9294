// Starts one node on this machine from a program: `import { startNode } from 'tandem'`.
import { LocalNode, type LocalNodeOptions } from './local-node.ts';

export { LocalNode, type LocalNodeOptions, PortTaken } from './local-node.ts';

/**
 * A node in a process of its own, without the emulator, that others on this machine reach. It ends with this process.
 * @returns once it serves. A primary whose peer is not there serves after some seconds
 * @throws PortTaken; Error with what it has printed, when it cannot start
 */
export async function startNode(options: LocalNodeOptions): Promise<LocalNode> {
  const node = new LocalNode(options);
  await node.start();
  return node;
}
