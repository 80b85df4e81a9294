// The link between two nodes that are about to start: a proxy for each direction, so that it can be cut while clients still
// reach both.
import { freePorts } from './nodes.ts';
import { type Disturbance, startTcpProxy } from './tcp-proxy.ts';

export interface Link {
  /** What has the nodes listen on ports of their own, and reach each other through the link. */
  readonly env: Readonly<Record<'PRIMARY_PORT' | 'REPLICA_PORT' | 'PRIMARY_URL' | 'REPLICA_URL', string>>;
  /** From now on, in both directions. */
  set(disturbance: Disturbance): Promise<void>;
  stop(): Promise<void>;
}

export async function startLink(): Promise<Link> {
  const [primaryPort, replicaPort] = (await freePorts(2)) as [number, number];
  const [toPrimary, toReplica] = [await startTcpProxy(primaryPort), await startTcpProxy(replicaPort)];
  const lines = [toPrimary, toReplica];
  return {
    env: {
      PRIMARY_PORT: `${primaryPort}`,
      REPLICA_PORT: `${replicaPort}`,
      PRIMARY_URL: toPrimary.url,
      REPLICA_URL: toReplica.url,
    },
    set: async (disturbance) => void (await Promise.all(lines.map((line) => line.set(disturbance)))),
    stop: async () => void (await Promise.all(lines.map((line) => line.stop()))),
  };
}
