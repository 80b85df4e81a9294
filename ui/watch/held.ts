// What a node holds when the page is opened, or when its process has started again: the newest records of the first page of its keys.
// Events tell of what comes after that.
import { ask } from '../nodes/ask.ts';
import { elementsIn, valueIn } from '../nodes/json-text.ts';
import type { HeldRecord, NodeName, Observation } from '../recording/observation.ts';
import { MAX_VALUES } from '../recording/story.ts';
import { NODES, nodes, pace, seen } from '../state/nodes.ts';
import { observe, onObservation } from '../state/observations.ts';
import { MAX_VALUE } from './read-values.ts';

/** Keys of the page. */
const PAGE = 100;

/** When each node was last asked, in milliseconds, and the contents that it had then. */
const asked: Partial<Record<NodeName, { readonly at: number; readonly contentsId: string | undefined }>> = {};

export function startHeld(): void {
  onObservation(forget);
}

/** A process that has started since, and a node that did not answer, may hold something else by now. */
function forget(observation: Observation): void {
  if (observation.what !== 'event' && observation.what !== 'look') return;
  const { node, at } = observation;
  const hasStarted =
    observation.what === 'event' && observation.event.kind === 'started' && at > (asked[node]?.at ?? at);
  const isGone = observation.what === 'look' && observation.look.state === 'down';
  if (hasStarted || isGone) delete asked[node];
}

/** Asks the nodes that have not been asked, as soon as they list their keys. */
export async function lookAtHeld(): Promise<void> {
  await Promise.all(NODES.map(({ id }) => lookAt(id)));
}

async function lookAt(node: NodeName): Promise<void> {
  const { isAnswering, state, contentsId } = seen.value[node];
  if (!isAnswering || state !== 'up' || (asked[node] && asked[node].contentsId === contentsId)) return;
  try {
    const signal = AbortSignal.timeout(pace.limitMs);
    const response = await ask(nodes[node], `/keys?limit=${PAGE}&values=true`, { signal });
    // One that lacks something lists nothing yet, and is asked again.
    if (response.status === 503) return;
    asked[node] = { at: Date.now(), contentsId };
    if (!response.ok) return;
    const records = newestIn(await response.text());
    if (records.length > 0) observe({ at: Date.now(), what: 'held', node, records });
  } catch {
    // The next look says that the node does not answer.
  }
}

/** @param text the answer to `GET /keys`. A record whose value it leaves out is shown without one */
function newestIn(text: string): readonly HeldRecord[] {
  return elementsIn(text, 'keys')
    .map((element) => {
      const { key, epoch, version, updatedAt } = JSON.parse(element);
      const value = (valueIn(element) ?? '').slice(0, MAX_VALUE);
      return { key, epoch, version, value, writtenAt: Date.parse(updatedAt) };
    })
    .sort((one, other) => other.writtenAt - one.writtenAt)
    .slice(0, MAX_VALUES);
}
