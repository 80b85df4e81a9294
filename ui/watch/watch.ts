// Looks at both nodes again and again while the page is visible: about once a second where they are on this machine.
import { ask } from '../nodes/ask.ts';
import { bodyOf } from '../nodes/exchange.ts';
import { NODE_NAMES, type NodeName } from '../recording/observation.ts';
import { MAX_QUEUED } from '../recording/story.ts';
import { nodes, pace, seen, takeIn } from '../state/nodes.ts';
import { observe } from '../state/observations.ts';
import { lookAt, SAME_NODE, unseen } from './look.ts';
import { observedLook } from './observed.ts';
import type { Seen } from './seen.ts';

const listeners = new Set<() => unknown>();
let timer: ReturnType<typeof setTimeout> | undefined;
let isLooking = false;
let isDue = false;

/** Called after each look, for whatever else is looked at then. The next look waits for it, if it returns a promise. */
export function afterEachLook(listener: () => unknown): void {
  listeners.add(listener);
}

export function startWatching(): void {
  document.addEventListener('visibilitychange', () => (document.hidden ? clearTimeout(timer) : lookNow()));
  void lookNow();
}

/** Looks at once, or as soon as the look that is under way has ended. */
export async function lookNow(): Promise<void> {
  clearTimeout(timer);
  if (isLooking) {
    isDue = true;
    return;
  }
  isLooking = true;
  const before = seen.value;
  const askedAt = Date.now();
  const [a, b] = await Promise.all([lookAt(nodes.a, pace.limitMs, before.a), lookAt(nodes.b, pace.limitMs, before.b)]);
  const isSame = a.isAnswering && b.isAnswering && a.contentsId === b.contentsId;
  take({ a, b: isSame ? unseen(before.b, 'problem', SAME_NODE) : b }, askedAt);
  await Promise.all([...listeners].map((listener) => listener()));
  isLooking = false;
  if (isDue) {
    isDue = false;
    void lookNow();
  } else if (!document.hidden) timer = setTimeout(lookNow, pace.pauseMs);
}

function take(look: Readonly<Record<NodeName, Seen>>, askedAt: number): void {
  takeIn(look);
  const at = Date.now();
  for (const node of NODE_NAMES) observe({ at, what: 'look', node, askedAt, look: observedLook(look[node]) });
}

let hadBacklog = false;

/** The first records of the backlog, for the queue that is drawn of it. It is asked for while there is one, and once more. */
export async function lookAtBacklog(leader: NodeName): Promise<void> {
  const { isAnswering, status } = seen.value[leader];
  const count = isAnswering ? (status?.backlog?.count ?? 0) : 0;
  if (count === 0 && !hadBacklog) return;
  hadBacklog = count > 0;
  if (count === 0) return observe({ at: Date.now(), what: 'backlog', keys: [], count });
  const signal = AbortSignal.timeout(pace.limitMs);
  try {
    const response = await ask(nodes[leader], `/backlog?limit=${MAX_QUEUED}`, { signal });
    if (!response.ok) return;
    const { records } = bodyOf({ text: await response.text() });
    const keys = Array.isArray(records) ? records.map(({ key }: { key: string }) => key) : [];
    observe({ at: Date.now(), what: 'backlog', keys, count: Math.max(count, keys.length) });
  } catch {
    // The next look says that the node does not answer.
  }
}
