// The requests that are under way: each gets an answer within its time limit, whatever its function does.

/** How often limits are looked at, in milliseconds: one timer for all, since one for each would cost as much as an event. */
const SWEEP_MS = 500;

export interface Exchange {
  /** When it is given up, in milliseconds of `performance.now()`. */
  readonly until: number;
  /** Answers it, unless it was answered. */
  fail(error: Error): void;
}

export class UnderWay {
  readonly #exchanges = new Set<Exchange>();
  readonly #limitMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  add(exchange: Exchange): void {
    this.#exchanges.add(exchange);
    this.#timer ??= setInterval(() => this.#sweep(), Math.min(SWEEP_MS, this.#limitMs)).unref();
  }

  delete(exchange: Exchange): void {
    this.#exchanges.delete(exchange);
  }

  #sweep(): void {
    const now = performance.now();
    for (const exchange of this.#exchanges) {
      // They are in the order in which they came.
      if (exchange.until > now) break;
      this.#exchanges.delete(exchange);
      exchange.fail(new Error(`The function gave no answer within ${this.#limitMs} ms.`));
    }
    if (this.#exchanges.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
