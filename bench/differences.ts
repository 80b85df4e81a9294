// Makes some keys of two nodes differ, by messages to the replica such as a primary sends.

import type { Batch } from '../lib/peer/wire.ts';
import type { Stamp } from '../lib/record.ts';
import { type MeasuredPair, PEER_TOKEN } from './nodes.ts';
import { keyAt } from './workload.ts';

export interface Differences {
  /** The replica has forgotten some keys. The order names newer stamps: at its own stamp a live record stays. */
  lackingThere(): Promise<void>;
  /** The replica has a newer state of some keys. */
  newerThere(): Promise<void>;
}

/** @param keys how many there are on both nodes: `keyAt(0)` and on. @param count how many are to differ */
export function differences({ primary, replica }: MeasuredPair, keys: number, count: number): Differences {
  const some = Array.from({ length: count }, (_, i) => keyAt(Math.floor((i * keys) / count)));

  const send = async (content: Partial<Batch>) => {
    const { epoch } = (await (await fetch(`${primary.url}/status`)).json()) as { epoch: number };
    const response = await fetch(`${replica.url}/replicate`, {
      method: 'POST',
      headers: { authorization: `Bearer ${PEER_TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ from: 'bench', epoch, sentAt: Date.now(), records: [], ...content }),
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
      await send({
        forget: (await here()).map((stamp) => ({ ...stamp, version: stamp.version + 1 })),
        forgetBefore: 1,
      });
    },
    async newerThere() {
      const newer = { value: '"newer"', updatedAt: Date.now() };
      await send({ records: (await here()).map((stamp) => ({ ...stamp, ...newer, version: stamp.version + 1 })) });
    },
  };
}
