// Watches the memory of this process.
import { type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';

/** In bytes. */
export interface Memory {
  /** After full collections, before anything was done. */
  readonly rest: { readonly heap: number; readonly resident: number };
  readonly peak: { readonly heap: number; readonly resident: number };
  /** The most that was left after a major collection. Absent: there was none. */
  readonly kept?: number;
  /** Of processor time that the process has used since, in milliseconds. */
  readonly cpuMs: number;
}

const EVERY_MS = 10;

/**
 * The process needs `--expose-gc`.
 * @param collectEveryMs asks for full collections, which Node would otherwise do when it thinks fit
 * @returns tells what has been seen so far
 */
export async function watchMemory(collectEveryMs?: number): Promise<() => Memory> {
  for (let i = 0; i < 2; i++) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const rest = now();
  const peak = { ...rest };
  const cpu = process.cpuUsage();
  let kept: number | undefined;
  const look = () => {
    const { heap, resident } = now();
    peak.heap = Math.max(peak.heap, heap);
    peak.resident = Math.max(peak.resident, resident);
  };
  setInterval(look, EVERY_MS).unref();
  if (collectEveryMs !== undefined) setInterval(() => globalThis.gc?.(), collectEveryMs).unref();
  new PerformanceObserver((list) => {
    const isMajor = list.getEntries().some((entry) => (entry as Collection).detail.kind === MAJOR);
    if (isMajor) kept = Math.max(kept ?? 0, now().heap);
  }).observe({ entryTypes: ['gc'] });
  return () => {
    look();
    const { user, system } = process.cpuUsage(cpu);
    return { rest, peak, ...(kept !== undefined && { kept }), cpuMs: (user + system) / 1000 };
  };
}

type Collection = PerformanceEntry & { readonly detail: { readonly kind: number } };

/** `perf_hooks.constants.NODE_PERFORMANCE_GC_MAJOR` */
const MAJOR = 4;

function now() {
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, resident: rss };
}
