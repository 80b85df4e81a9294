// Made-up time. Whatever takes time in a run is an event of the world, so that a seed decides what happens when.
import { setImmediate as afterMicrotasks } from 'node:timers';
import { createRandom, type Random } from './random.ts';

/** When every run begins, in milliseconds since 1970. */
export const START = 1_763_790_000_000;
/** Events of a run at most; a run with more hangs. */
const MAX_EVENTS = 200_000;

interface Event {
  readonly time: number;
  readonly order: number;
  act: (() => void) | undefined;
}

export class World {
  /** Milliseconds. */
  now = START;
  readonly random: Random;
  /** One line per thing that happened, where someone wants to read them. */
  readonly lines: string[] | undefined;
  /** The first promise that was broken, in words. */
  violation: string | undefined;
  readonly #queue: Event[] = [];
  #count = 0;
  #observer: (() => void) | undefined;

  constructor(seed: number, traced: boolean) {
    this.random = createRandom(seed);
    this.lines = traced ? [] : undefined;
  }

  /** Has something happen `delayMs` from now. @returns calls it off */
  at(delayMs: number, act: () => void): () => void {
    const event: Event = { time: this.now + delayMs, order: this.#count++, act };
    push(this.#queue, event);
    return () => {
      event.act = undefined;
    };
  }

  /** Has somebody look at what has come of it after each event. */
  observe(observer: () => void): void {
    this.#observer = observer;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.at(ms, resolve));
  }

  /** A line of the trace. Lazy: most runs have none. */
  trace(line: () => string): void {
    this.lines?.push(`${String(this.now - START).padStart(7)} ms  ${line()}`);
  }

  /** A promise is broken: the run ends here. */
  fail(what: string): void {
    if (this.violation !== undefined) return;
    this.violation = what;
    this.trace(() => `VIOLATION: ${what}`);
  }

  /** Lets everything happen that is to come, until nothing is left or a promise is broken. */
  async run(): Promise<void> {
    await settled();
    while (this.#queue.length > 0 && this.violation === undefined) {
      const { time } = this.#queue[0] as Event;
      let acted = false;
      while (this.#queue[0]?.time === time) {
        const { act } = pop(this.#queue);
        if (act === undefined) continue;
        this.now = time;
        acted = true;
        act();
      }
      if (acted) {
        await settled();
        this.#observer?.();
      }
      if (this.#count > MAX_EVENTS) this.fail(`the run does not end: ${MAX_EVENTS} events`);
    }
  }
}

/** Resolves when every promise that could go on has. */
function settled(): Promise<void> {
  return new Promise((resolve) => void afterMicrotasks(resolve));
}

// A binary heap: the earliest event is at index 0, and events of one time keep their order.

function isBefore(a: Event, b: Event): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}

function push(heap: Event[], event: Event): void {
  let at = heap.length;
  heap.push(event);
  while (at > 0) {
    const above = (at - 1) >> 1;
    if (!isBefore(event, heap[above] as Event)) break;
    heap[at] = heap[above] as Event;
    at = above;
  }
  heap[at] = event;
}

function pop(heap: Event[]): Event {
  const first = heap[0] as Event;
  const last = heap.pop() as Event;
  if (heap.length === 0) return first;
  let at = 0;
  for (;;) {
    let below = 2 * at + 1;
    if (below >= heap.length) break;
    if (below + 1 < heap.length && isBefore(heap[below + 1] as Event, heap[below] as Event)) below++;
    if (!isBefore(heap[below] as Event, last)) break;
    heap[at] = heap[below] as Event;
    at = below;
  }
  heap[at] = last;
  return first;
}
