// Looks for what differs, among as many keys as there are: a bounded step at a time, and again from the beginning once it is through.
import type { RowPage } from './listing.ts';
import { byCodePoint } from './order.ts';
import type { KeyRow } from './row.ts';

/** Rows that are kept. */
export const MAX_FOUND = 5000;

export interface ScanState {
  /** Keys compared in this pass. */
  readonly compared: number;
  /** What differs: as far as this pass has come it is its own finding, from there on that of the pass before. */
  readonly found: readonly KeyRow[];
  /** Differences that were found and are not among these: there are too many. */
  readonly more: number;
  /** When the last whole pass ended, in milliseconds; absent: none has. */
  readonly endedAt?: number;
  /** Keys compared in the last whole pass. */
  readonly whole?: number;
}

export class Scan<P> {
  readonly #start: P;
  readonly #read: (place: P) => Promise<RowPage<P>>;
  readonly #now: () => number;
  #place: P;
  #own: KeyRow[] = [];
  #ownMore = 0;
  #before: readonly KeyRow[] = [];
  #beforeMore = 0;
  #compared = 0;
  #ended: Pick<ScanState, 'endedAt' | 'whole'> = {};

  /** @param now milliseconds */
  constructor(start: P, read: (place: P) => Promise<RowPage<P>>, now: () => number) {
    this.#start = start;
    this.#place = start;
    this.#read = read;
    this.#now = now;
  }

  get state(): ScanState {
    const found = [...this.#own, ...this.#before];
    const more = this.#ownMore + this.#beforeMore + Math.max(0, found.length - MAX_FOUND);
    return { compared: this.#compared, found: found.slice(0, MAX_FOUND), more, ...this.#ended };
  }

  /** Compares one page. @returns whether the pass goes on @throws what reading throws */
  async step(): Promise<boolean> {
    const { rows, next } = await this.#read(this.#place);
    this.#compared += rows.length;
    for (const row of rows) {
      if (row.difference === undefined) continue;
      if (this.#own.length < MAX_FOUND) this.#own.push(row);
      else this.#ownMore++;
    }
    const last = rows.at(-1)?.key;
    if (last !== undefined) this.#before = this.#before.filter(({ key }) => byCodePoint(key, last) > 0);
    if (next !== undefined) {
      this.#place = next;
      return true;
    }
    this.#ended = { endedAt: this.#now(), whole: this.#compared };
    [this.#before, this.#beforeMore] = [this.#own, this.#ownMore];
    [this.#own, this.#ownMore] = [[], 0];
    this.#compared = 0;
    this.#place = this.#start;
    return false;
  }
}
