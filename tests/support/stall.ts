// How long this thread is kept busy in one turn of its event loop, in processor time: what others on the machine do does not
// count, and neither does a major collection of garbage, which takes as long as the heap of all the tests before is large. It is
// held against what JSON.parse itself takes, in the same run, for the worst value that a client may write.
import {
  constants,
  type NodeGCPerformanceDetail,
  type PerformanceEntry,
  PerformanceObserver,
  performance,
} from 'node:perf_hooks';
import { MAX_VALUE_BYTES } from '../../lib/limits.ts';

/** A turn may take as much processor time as so many of the worst values: where one takes 17 ms, that is 100 ms. */
export const MAX_RATIO = 6;
/** A minor collection may fall into any turn. What stalls does so each time. */
const TRIES = 4;
/** A shorter turn is not looked at, in milliseconds. */
const SHORTEST_MS = 0.5;

/** Distinct names are what takes JSON.parse longest. */
export function namesOf(bytes: number): string {
  const members: string[] = [];
  for (let length = 2, i = 0; ; i++) {
    const member = `"${i.toString(36)}x":1`;
    length += member.length + 1;
    if (length > bytes) return `{${members.join(',')}}`;
    members.push(member);
  }
}

export const WORST_VALUE = namesOf(MAX_VALUE_BYTES);

/** Processor time of this thread, in milliseconds. */
function spent(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** The median of what JSON.parse takes for the worst value, in milliseconds. */
function referenceMs(): number {
  const times = Array.from({ length: 5 }, () => {
    const before = spent();
    JSON.parse(WORST_VALUE);
    return spent() - before;
  });
  return times.sort((a, b) => a - b)[2] as number;
}

/** A turn of the event loop: when it began and ended, and what it took in processor time, in milliseconds. */
interface Turn {
  readonly from: number;
  readonly to: number;
  readonly spentMs: number;
}

/** The longest turn of the event loop while this is done, in milliseconds of processor time. */
async function longestTurn(work: () => Promise<unknown>): Promise<number> {
  const collections: PerformanceEntry[] = [];
  const observer = new PerformanceObserver((list) => collections.push(...list.getEntries().filter(isMajor)));
  observer.observe({ entryTypes: ['gc'] });
  const turns: Turn[] = [];
  let last = { at: performance.now(), spent: spent() };
  let next: NodeJS.Immediate | undefined;
  const measure = () => {
    const now = { at: performance.now(), spent: spent() };
    const spentMs = now.spent - last.spent;
    if (spentMs >= SHORTEST_MS) turns.push({ from: last.at, to: now.at, spentMs });
    last = now;
    next = setImmediate(measure);
  };
  measure();
  try {
    await work();
    // The turn in which it ended counts, too; the collections are told in a later one.
    for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
    return Math.max(0, ...turns.map((turn) => turn.spentMs - collectingIn(turn, collections)));
  } finally {
    clearImmediate(next);
    observer.disconnect();
  }
}

const isMajor = (entry: PerformanceEntry) =>
  (entry as PerformanceEntry & { readonly detail: NodeGCPerformanceDetail }).detail.kind ===
  constants.NODE_PERFORMANCE_GC_MAJOR;

/** How much of a turn went by in collections of garbage, in milliseconds. */
function collectingIn({ from, to }: Turn, collections: readonly PerformanceEntry[]): number {
  const overlaps = collections.map(({ startTime, duration }) =>
    Math.max(0, Math.min(to, startTime + duration) - Math.max(from, startTime)),
  );
  return overlaps.reduce((sum, overlap) => sum + overlap, 0);
}

let reference: number | undefined;

/**
 * The longest turn while this is done, as a multiple of the reference: the least of some tries.
 * @param work is done anew in each try
 */
export async function stallOf(work: () => Promise<unknown>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < TRIES && least > MAX_RATIO; i++) {
    // Once more where that may be why: the machine may be slower now.
    if (i > 0 || reference === undefined) reference = referenceMs();
    least = Math.min(least, (await longestTurn(work)) / reference);
  }
  return least;
}
