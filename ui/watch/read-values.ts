// Reads the values of the records that were written last, which events do not tell. At a bounded pace: of many writes those of the
// last ones are read, and the others are shown without their values.
import type { NodeName, Observation } from '../recording/observation.ts';

/** Keys that wait to be read. */
const MAX_WAITING = 4;
/** Between two reads of a node's values, in milliseconds. */
export const PAUSE_MS = 250;
/** Characters of a value that are kept. */
export const MAX_VALUE = 60;

export interface ReadValue {
  readonly epoch: number;
  readonly version: number;
  /** As JSON text. */
  readonly value: string;
}

export interface ReadOptions {
  /** @returns `undefined` when the node does not hold the key, or does not say */
  readonly read: (node: NodeName, key: string) => Promise<ReadValue | undefined>;
  readonly observe: (observation: Observation) => void;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/** @returns to be called with every observation */
export function createValueReader({ read, observe, now, sleep }: ReadOptions): (observation: Observation) => void {
  let waiting: readonly { readonly node: NodeName; readonly key: string }[] = [];
  let isReading = false;

  async function readAll(): Promise<void> {
    isReading = true;
    for (let next = waiting.at(-1); next; next = waiting.at(-1)) {
      const { node, key } = next;
      waiting = waiting.slice(0, -1);
      const found = await read(node, key).catch(() => undefined);
      if (found) observe({ at: now(), what: 'value', key, ...found, value: found.value.slice(0, MAX_VALUE) });
      await sleep(PAUSE_MS);
    }
    isReading = false;
  }

  return (observation) => {
    if (observation.what !== 'event' || observation.event.kind !== 'written' || observation.event.deleted) return;
    const { node } = observation;
    const { key } = observation.event;
    waiting = [...waiting.filter((each) => each.key !== key), { node, key }].slice(-MAX_WAITING);
    if (!isReading) void readAll();
  };
}
