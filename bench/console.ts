// How smoothly the console draws beside two nodes under load, and whether what it remembers stays bounded.
import { availableParallelism, loadavg } from 'node:os';
import type { EventPage, ReplicationEvent, ToldEvent } from '../lib/telemetry/events.ts';
import {
  addressesOf,
  type BrowserContext,
  consoleQuery,
  launchBrowser,
  serveConsole,
} from '../tests/support/browser.ts';
import { heapBytes } from '../tests/support/heap.ts';
import { type Pair, startPair } from '../tests/support/nodes.ts';
import { createFold } from '../ui/recording/fold.ts';
import { pictureAt } from '../ui/recording/picture.ts';
import { createRecording, MAX_OBSERVATIONS, TRIM_EVERY } from '../ui/recording/recording.ts';
import { type Table, verdict } from './report.ts';
import { median } from './stats.ts';
import { put } from './workload.ts';

const EVENTS_A_SECOND = 1000;
/** A write that nothing is shipped with is told five times: written, sent, received, taken, answered. */
const WRITES_A_SECOND = EVENTS_A_SECOND / 5;
const SECONDS = 15;
const LEAST_FRAMES = 30;
const HOUR_SECONDS = 3600;
const MOST_OBSERVATIONS = MAX_OBSERVATIONS + TRIM_EVERY;

export async function measureConsole(): Promise<Table[]> {
  return [await measureMemory(), await measureFrames()];
}

/** Writes, one after the other, so that the nodes are at work, too. */
async function load({ primary }: Pair, isOver: () => boolean): Promise<void> {
  for (let i = 0; !isOver(); i++) {
    const response = await put(primary.url, `load-${i % 50}`, i);
    if (!response.ok) throw new Error(`A write was answered ${response.status}.`);
  }
}

/** Answers in place of both nodes with as many events as they are to tell, whatever they reach on this machine. */
async function tellEvents(context: BrowserContext, { primary, replica }: Pair): Promise<void> {
  for (const [node, { url }] of [
    ['a', primary],
    ['b', replica],
  ] as const) {
    let last = Date.now();
    let seq = 0;
    await context.route(`${url}/events**`, async (route) => {
      const now = Date.now();
      const events: ToldEvent[] = [];
      for (; last < now; last += 1000 / WRITES_A_SECOND) {
        const at = Math.round(last);
        for (const [of, event] of eventsOfWrite(`load/${at % 50}`, at, at))
          if (of === node) events.push({ ...event, seq: ++seq, at });
      }
      const page: EventPage = { process: node, events, next: `${node}.${seq}`, missed: 0, now };
      const headers = { 'access-control-allow-origin': '*' };
      await route.fulfill({ contentType: 'application/json', headers, body: JSON.stringify(page) });
    });
  }
}

/** What each node tells of a write, in order. */
function eventsOfWrite(
  key: string,
  version: number,
  request: number,
): ReadonlyArray<readonly ['a' | 'b', ReplicationEvent]> {
  const record = { key, epoch: 1, version };
  const some = { records: [record], count: 1 };
  const taken = { records: [{ ...record, outcome: 'applied' as const }], count: 1, durationMs: 1 };
  return [
    ['a', { kind: 'written', ...record }],
    ['a', { kind: 'sent', request, retried: 0, ...some }],
    ['b', { kind: 'received', ...some }],
    ['b', { kind: 'taken', ...taken }],
    ['a', { kind: 'answered', request, ...taken }],
  ];
}

async function measureFrames(): Promise<Table> {
  const [pair, served, browser] = await Promise.all([
    startPair({}, { isScheduled: false, serve: {} }),
    serveConsole(),
    launchBrowser(),
  ]);
  try {
    const rows = [];
    for (const isLoaded of [false, true]) {
      const context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, locale: 'en-US' });
      if (isLoaded) await tellEvents(context, pair);
      const page = await context.newPage();
      await page.goto(served.url + consoleQuery(addressesOf(pair)));
      await page.locator('.node[data-leads="true"]').waitFor();
      let isOver = false;
      const writing = isLoaded ? load(pair, () => isOver) : undefined;
      const { frames, heap } = await page.evaluate(countFrames, SECONDS);
      isOver = true;
      await writing;
      await context.close();
      const usual = median(frames);
      rows.push({
        'events/s': isLoaded ? EVENTS_A_SECOND : 0,
        'frames/s, median': usual,
        'least second': Math.min(...frames),
        'heap MiB': Math.round(heap / 2 ** 20),
        ...verdict(`≥ ${LEAST_FRAMES}`, usual >= LEAST_FRAMES),
      });
    }
    return {
      title: `The console beside two nodes, ${availableParallelism()} cores`,
      rows,
      notes: [
        `${SECONDS} s each, in the packaged browser without a graphics processor: everything is drawn by the same cores.`,
        'The events are made up, so that there are as many on every machine; both nodes take writes meanwhile.',
        `Load average of the machine: ${loadavg()[0]?.toFixed(1)}.`,
      ],
    };
  } finally {
    await Promise.all([browser.close(), served.stop(), pair.stop()]);
  }
}

/** In the page: frames of each second. */
async function countFrames(seconds: number): Promise<{ frames: number[]; heap: number }> {
  const { requestAnimationFrame, performance } = globalThis as unknown as {
    requestAnimationFrame(callback: () => void): void;
    performance: { now(): number; memory?: { usedJSHeapSize: number } };
  };
  const frames = Array.from({ length: seconds }, () => 0);
  const began = performance.now();
  for (;;) {
    await new Promise<void>((resolve) => requestAnimationFrame(resolve));
    const second = Math.floor((performance.now() - began) / 1000);
    if (second >= seconds) return { frames, heap: performance.memory?.usedJSHeapSize ?? 0 };
    frames[second] = (frames[second] ?? 0) + 1;
  }
}

/** An hour of events, as they would come, without waiting for it. */
async function measureMemory(): Promise<Table> {
  const recording = createRecording();
  const fold = createFold(recording);
  const rows = [];
  const start = Date.now();
  let seq = 0;
  let drawnMs = 0;
  for (let second = 1; second <= HOUR_SECONDS; second++) {
    for (let i = 0; i < WRITES_A_SECOND; i++) {
      const at = start + second * 1000 + i * 5;
      for (const [node, event] of eventsOfWrite(`k${i}`, second, seq))
        recording.append({ at, what: 'event', node, process: 'p', event: { ...event, seq: ++seq, at } });
    }
    const began = performance.now();
    const t = start + second * 1000 + 500;
    pictureAt(fold.at(t), t);
    drawnMs += performance.now() - began;
    if (second % (HOUR_SECONDS / 4) === 0) {
      rows.push({
        minutes: second / 60,
        observations: recording.observations.length,
        'heap MiB': Math.round(heapBytes() / 2 ** 20),
        'ms a second of events': Number((drawnMs / (HOUR_SECONDS / 4)).toFixed(2)),
        ...verdict(`≤ ${MOST_OBSERVATIONS} observations`, recording.observations.length <= MOST_OBSERVATIONS),
      });
      drawnMs = 0;
    }
  }
  const end = start + HOUR_SECONDS * 1000;
  const began = performance.now();
  for (let i = 0; i < 20; i++) fold.at(end - ((i * 7919) % 600) * 1000);
  const scrubMs = (performance.now() - began) / 20;
  return {
    title: `What the console remembers: an hour of ${EVENTS_A_SECOND} events/s in simulated time`,
    rows,
    notes: [`A jump to another time of the last ten minutes takes ${scrubMs.toFixed(1)} ms.`],
  };
}
