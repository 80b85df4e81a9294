// Follows the events of both nodes, and reads the values that go with them.
import { ask } from '../nodes/ask.ts';
import { bodyOf } from '../nodes/exchange.ts';
import { NODE_NAMES, type NodeName } from '../recording/observation.ts';
import { nodes, pace } from '../state/nodes.ts';
import { observe, onObservation } from '../state/observations.ts';
import { followEvents } from './follow-events.ts';
import { createValueReader, type ReadValue } from './read-values.ts';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until the page is seen. */
function untilSeen(): Promise<void> {
  if (!document.hidden) return Promise.resolve();
  return new Promise((resolve) => {
    document.addEventListener('visibilitychange', () => resolve(), { once: true });
  });
}

/** An answer without `page` tells nothing that can be read. */
async function askEvents(node: NodeName, path: string, waitSeconds: number) {
  const signal = AbortSignal.timeout(waitSeconds * 1000 + pace.limitMs);
  const response = await ask(nodes[node], path, { signal });
  const { status } = response;
  return status === 200 ? { status, page: await response.json() } : { status };
}

/** `text` is the answer to `GET /key/{key}`: the value is shown as it was written. */
async function readValue(node: NodeName, key: string): Promise<ReadValue | undefined> {
  const signal = AbortSignal.timeout(pace.limitMs);
  const response = await ask(nodes[node], `/key/${encodeURIComponent(key)}`, { signal });
  if (response.status !== 200) return undefined;
  const { value, epoch, version } = bodyOf({ text: await response.text() });
  return { value: JSON.stringify(value), epoch: Number(epoch), version: Number(version) };
}

export function startFollowing(): void {
  onObservation(createValueReader({ read: readValue, observe, now: Date.now, sleep }));
  for (const node of NODE_NAMES)
    void followEvents({
      node,
      ask: (path, wait) => askEvents(node, path, wait),
      observe,
      now: Date.now,
      sleep,
      untilSeen,
    });
}
