// A clock whose time passes only while a test waits for something, and then at once: so no test depends on how fast the
// machine is.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../lib/clock.ts';
import { START } from './replication.ts';

/** How long a condition is waited for, in milliseconds of this clock. */
const LIMIT_MS = 30 * 60_000;
/** Turns of the event loop in a row in which nobody sleeps: what goes on then is a walk through many records. */
const MAX_IDLE_TURNS = 1000;

interface Sleeper {
  readonly until: number;
  readonly wake: () => void;
}

export class PassingClock implements Clock {
  time = START;
  #sleepers: Sleeper[] = [];

  now(): number {
    return this.time;
  }

  elapsed(): number {
    return this.time;
  }

  sleep(ms: number): Promise<void> {
    if (ms === 0) return nextTurn();
    return new Promise((wake) => {
      this.#sleepers.push({ until: this.time + ms, wake });
    });
  }

  /** Lets time pass until a condition is truthy. @throws Error when it is not within half an hour of this clock */
  when<T>(condition: () => T | Promise<T>): Promise<T> {
    return this.#until(this.time + LIMIT_MS, condition);
  }

  /** Lets time pass until this has come to an end. */
  during<T>(work: Promise<T>): Promise<T> {
    return this.#untilOver(this.time + LIMIT_MS, work);
  }

  /** Lets so much time pass, in milliseconds. */
  async pass(ms: number): Promise<void> {
    await this.#untilOver(this.time + ms, this.sleep(ms));
    await nextTurn();
  }

  async #untilOver<T>(end: number, work: Promise<T>): Promise<T> {
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    work.then(over, over);
    await this.#until(end, () => isOver);
    return work;
  }

  async #until<T>(end: number, condition: () => T | Promise<T>): Promise<T> {
    for (let idle = 0; ; ) {
      await nextTurn();
      const value = await condition();
      if (value) return value;
      idle = this.#wakeNext() ? 0 : idle + 1;
      if (this.time > end || idle > MAX_IDLE_TURNS) throw new Error(`Not so in time: ${condition}`);
    }
  }

  /** The next one to wake up does. @returns whether there is one */
  #wakeNext(): boolean {
    const next = this.#sleepers.reduce<Sleeper | undefined>(
      (first, each) => (first === undefined || each.until < first.until ? each : first),
      undefined,
    );
    if (next === undefined) return false;
    this.#sleepers = this.#sleepers.filter((each) => each !== next);
    this.time = Math.max(this.time, next.until);
    next.wake();
    return true;
  }
}
