// How far long work is, on a line of the terminal that is written anew.

/** How often, in milliseconds. */
const EVERY_MS = 200;

export class Progress {
  readonly #startedAt = performance.now();
  readonly #isShown = process.stderr.isTTY === true;
  readonly #what: string;
  #count = 0;
  #shownAt = 0;

  /** @param what of which it counts the keys, such as `exported` */
  constructor(what: string) {
    this.#what = what;
  }

  get elapsedMs(): number {
    return Math.round(performance.now() - this.#startedAt);
  }

  add(count: number): void {
    this.#count += count;
    if (!this.#isShown || performance.now() - this.#shownAt < EVERY_MS) return;
    this.#shownAt = performance.now();
    const rate = Math.round(this.#count / (this.elapsedMs / 1000));
    process.stderr.write(`\r\x1b[K${keys(this.#count)} ${this.#what}, ${rate.toLocaleString('en')} a second`);
  }

  /** Takes the line away: what follows stands in its place. */
  end(): void {
    if (this.#isShown) process.stderr.write('\r\x1b[K');
  }
}

export function keys(count: number): string {
  return `${count.toLocaleString('en')} ${count === 1 ? 'key' : 'keys'}`;
}
