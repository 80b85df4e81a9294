// Requests that wait until a key changes. All of them share one look at the clock, so that a thousand that wait cost a write
// next to nothing; those that wake are answered some at a time.
import type { Clock } from './clock.ts';

/** How often it is looked whether somebody is to wake, in milliseconds: what changes together wakes once. */
const LOOK_MS = 10;
/** Requests that wake in one turn of the event loop: each of them makes an answer. */
const WAKE_AT_A_TIME = 20;
/** Changes between two looks that are told apart; beyond that all that wait wake, and look for themselves. */
const MOST_TOLD_APART = 1000;

interface Waiter {
  readonly concerns: (key: string) => boolean;
  /** In milliseconds of elapsed time. */
  readonly wakeAt: number;
  readonly wake: () => void;
}

/** How often a request looks for itself, in milliseconds: what others change nobody tells here. */
export interface Pauses {
  readonly first: number;
  /** Each pause is twice as long as the one before, up to this. */
  readonly longest: number;
}

export class Waiting {
  readonly #clock: Clock;
  /** How many requests may wait at a time. */
  readonly most: number;
  readonly #pauses: Pauses;
  readonly #waiters = new Set<Waiter>();
  /** Requests that wait, those that are looking included. */
  #count = 0;
  #changed: string[] = [];
  #isLooking = false;

  constructor(clock: Clock, most: number, pauses: Pauses) {
    this.#clock = clock;
    this.most = most;
    this.#pauses = pauses;
  }

  /** Whether one more could not wait. */
  get isFull(): boolean {
    return this.#count >= this.most;
  }

  /** A key has changed. */
  changed(key: string): void {
    if (this.#waiters.size > 0 && this.#changed.length <= MOST_TOLD_APART) this.#changed.push(key);
  }

  /**
   * Looks, and then again whenever a key has changed that concerns the request.
   * @param ms how long at most, in milliseconds; 0: it looks once
   * @returns what `look` finds; `undefined` when it has found nothing in that time
   */
  async until<T>(
    concerns: (key: string) => boolean,
    ms: number,
    look: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const end = this.#clock.elapsed() + ms;
    this.#count++;
    try {
      for (let pause = this.#pauses.first; ; pause = Math.min(2 * pause, this.#pauses.longest)) {
        const now = this.#clock.elapsed();
        // It waits before it looks: so nothing is missed.
        const { woken, leave } = this.#enter(concerns, Math.min(end, now + pause));
        let isOver = true;
        try {
          const found = await look();
          isOver = found !== undefined || now >= end;
          if (isOver) return found;
        } finally {
          if (isOver) leave();
        }
        await woken;
      }
    } finally {
      this.#count--;
    }
  }

  #enter(concerns: Waiter['concerns'], wakeAt: number): { readonly woken: Promise<void>; readonly leave: () => void } {
    const { promise: woken, resolve } = Promise.withResolvers<void>();
    const leave = () => void this.#waiters.delete(waiter);
    const waiter = {
      concerns,
      wakeAt,
      wake: () => {
        leave();
        resolve();
      },
    };
    this.#waiters.add(waiter);
    if (!this.#isLooking) void this.#look();
    return { woken, leave };
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    while (this.#waiters.size > 0) {
      await this.#clock.sleep(LOOK_MS);
      const changed = this.#changed;
      this.#changed = [];
      const now = this.#clock.elapsed();
      const isAny = changed.length > MOST_TOLD_APART;
      const waking = [...this.#waiters].filter(
        ({ concerns, wakeAt }) => wakeAt <= now || isAny || (changed.length > 0 && changed.some(concerns)),
      );
      for (const [i, { wake }] of waking.entries()) {
        wake();
        if (i % WAKE_AT_A_TIME === WAKE_AT_A_TIME - 1) await this.#clock.sleep(0);
      }
    }
    this.#isLooking = false;
  }
}
