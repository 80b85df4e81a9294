// A pair of nodes on this machine for a drill, in memory, and the link between them, which can be cut.
import { freePorts, startPair } from '../../tests/support/nodes.ts';
import { type Disturbance, startTcpProxy } from '../../tests/support/tcp-proxy.ts';
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
  const [portA, portB] = (await freePorts(2)) as [number, number];
  const [toA, toB] = [await startTcpProxy(portA), await startTcpProxy(portB)];
  const set = async (disturbance: Disturbance) =>
    void (await Promise.all([toA.set(disturbance), toB.set(disturbance)]));
  const stopLink = async () => void (await Promise.all([toA.stop(), toB.stop()]));
  const env = { PRIMARY_PORT: `${portA}`, REPLICA_PORT: `${portB}`, PRIMARY_URL: toA.url, REPLICA_URL: toB.url };
  const nodes = await startPair(env, { serve: { artifact } }).catch(async (error) => {
    await stopLink();
    throw error;
  });
  return {
    a: new DrillNode(nodes.primary.url),
    b: new DrillNode(nodes.replica.url),
    cut: () => set('cut'),
    join: () => set('none'),
    async stop() {
      await nodes.stop();
      await stopLink();
    },
  };
}
