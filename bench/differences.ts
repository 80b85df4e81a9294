// Makes some keys of two nodes differ: the primary gets keys that the replica lacks, and the replica, by a message such as
// the primary sends, a newer state of some.
import { withProtocol } from '../lib/peer/wire.ts';
import type { Stamp } from '../lib/record.ts';
import { type MeasuredPair, PEER_TOKEN } from './nodes.ts';
import { keyAt } from './workload.ts';

export interface Differences {
  /** The primary has some keys that it takes for replicated, and that the replica does not have. */
  lackingThere(): Promise<void>;
  /** The replica has a newer state of some keys. */
  newerThere(): Promise<void>;
}

/** @param keys how many there are on both nodes: `keyAt(0)` and on. @param count how many are to differ */
export function differences({ primary, replica }: MeasuredPair, keys: number, count: number): Differences {
  const some = Array.from({ length: count }, (_, i) => keyAt(Math.floor((i * keys) / count)));
  let next = keys;

  const send = async (records: readonly object[]) => {
    const status = await (await fetch(`${primary.url}/status`)).json();
    const {
      id: from,
      epoch,
      replica: { id: to },
    } = status as { id: string; epoch: number; replica: { id: string } };
    const response = await fetch(`${replica.url}/replicate`, {
      method: 'POST',
      headers: { authorization: `Bearer ${PEER_TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify(withProtocol({ from, to, epoch, records })),
    });
    if (!response.ok) throw new Error(`POST /replicate answered ${response.status}: ${await response.text()}`);
  };
  const here = () =>
    Promise.all(
      some.map(async (key) => {
        const response = await fetch(`${primary.url}/key/${key}`);
        const { epoch, version } = (await response.json()) as Stamp;
        return { key, epoch, version };
      }),
    );

  return {
    async lackingThere() {
      await primary.ask({ fill: [next, next + count] });
      next += count;
    },
    async newerThere() {
      const newer = { value: '"newer"', updatedAt: Date.now() };
      await send((await here()).map((stamp) => ({ ...stamp, ...newer, version: stamp.version + 1 })));
    },
  };
}
