// One process of a durable node. It may be stopped where it is, and goes on there later: for a moment, or because it has
// answered and is put to sleep, as Lambda does. While it sleeps its elapsed time stands still, and the time of day does not.
import { type Clock, forwardClock } from '../../lib/clock.ts';
import { Process } from './process.ts';
import { START, type World } from './world.ts';

interface Stop {
  readonly how: 'asleep' | 'stalled';
  readonly since: number;
  readonly over: PromiseWithResolvers<void>;
}

export class DurableProcess extends Process {
  override readonly clock: Clock;
  /** Requests that it has not answered yet. */
  busy = 0;
  /** How many of these are about records: API Gateway waits for them for half a minute at most. */
  busyWithRecords = 0;
  #stop: Stop | undefined;
  /** For how long it has slept in all, in milliseconds. */
  #sleptMs = 0;

  /** @param offset how far its clock is ahead, in milliseconds */
  constructor(name: string, offset: number, world: World) {
    super(name, { name, offset, latest: START }, world);
    this.clock = forwardClock({
      now: () => world.now + offset,
      elapsed: () => world.now - this.#sleptMs,
      sleep: (ms) => this.pause(ms),
    });
  }

  /** Whether it sleeps, with nothing that it would have to answer: a request may wake it. */
  get isIdle(): boolean {
    return this.busy === 0 && this.#stop?.how !== 'stalled';
  }

  get isStopped(): boolean {
    return this.#stop !== undefined;
  }

  /** Stops where it is for `ms` milliseconds. */
  stop(how: Stop['how'], ms: number): void {
    if (this.#stop) return;
    const stop = { how, since: this.world.now, over: Promise.withResolvers<void>() };
    this.#stop = stop;
    this.world.at(ms, () => {
      if (this.#stop === stop) this.wake();
    });
  }

  wake(): void {
    const stop = this.#stop;
    if (stop === undefined) return;
    this.#stop = undefined;
    if (stop.how === 'asleep') this.#sleptMs += this.world.now - stop.since;
    stop.over.resolve();
  }

  override async pause(ms: number): Promise<void> {
    await this.world.sleep(ms);
    while (this.#stop) await this.#stop.over.promise;
    if (!this.isAlive) await new Promise<never>(() => {});
  }

  override whenAwake(act: () => void): void {
    if (this.#stop) void this.#stop.over.promise.then(() => this.whenAwake(act));
    else act();
  }
}
