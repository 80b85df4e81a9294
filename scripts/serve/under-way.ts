// The requests that are under way: each gets an answer within its time limit, whatever its function does.

/** How often limits are looked at, in milliseconds: one timer for all, since one for each would cost as much as an event. */
const SWEEP_MS = 500;

export interface Exchange {
  /** When it is given up, in milliseconds of `performance.now()`. */
  readonly until: number;
  /** Answers it, unless it was answered. */
  fail(error: Error): void;
}

/** The place of an exchange in the list of all. */
export interface Place {
  readonly exchange: Exchange | undefined;
  before: Place;
  after: Place;
}

export class UnderWay {
  /** Closes the list to a ring: after it is the oldest, before it the newest. */
  readonly #end: Place;
  readonly #limitMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
    const end = { exchange: undefined } as unknown as Place;
    end.before = end;
    end.after = end;
    this.#end = end;
  }

  add(exchange: Exchange): Place {
    const end = this.#end;
    const place: Place = { exchange, before: end.before, after: end };
    end.before.after = place;
    end.before = place;
    this.#timer ??= setInterval(() => this.#sweep(), Math.min(SWEEP_MS, this.#limitMs)).unref();
    return place;
  }

  /** Does nothing when it was taken out before. */
  delete(place: Place): void {
    const { before, after } = place;
    before.after = after;
    after.before = before;
    place.before = place;
    place.after = place;
  }

  #sweep(): void {
    const now = performance.now();
    for (;;) {
      const place = this.#end.after;
      const { exchange } = place;
      if (exchange === undefined) break;
      // They are in the order in which they came.
      if (exchange.until > now) return;
      this.delete(place);
      exchange.fail(new Error(`The function gave no answer within ${this.#limitMs} ms.`));
    }
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
