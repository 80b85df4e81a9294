// A pair of nodes on this machine for a drill, in memory, and the link between them, which can be cut.
import { startLink } from '../../tests/support/link.ts';
import { startPair } from '../../tests/support/nodes.ts';
import { presentArtifact } from '../serve/artifact.ts';
import { DrillNode } from './node.ts';

export interface LocalPair {
  readonly a: DrillNode;
  readonly b: DrillNode;
  /** Every connection is reset, and new ones are refused, until the link is joined again. */
  cut(): Promise<void>;
  join(): Promise<void>;
  stop(): Promise<void>;
}

export async function startLocalPair(): Promise<LocalPair> {
  const artifact = await presentArtifact();
  const link = await startLink();
  const nodes = await startPair(link.env, { serve: { artifact } }).catch(async (error) => {
    await link.stop();
    throw error;
  });
  return {
    a: new DrillNode(nodes.primary.url),
    b: new DrillNode(nodes.replica.url),
    cut: () => link.set('cut'),
    join: () => link.set('none'),
    async stop() {
      await nodes.stop();
      await link.stop();
    },
  };
}
