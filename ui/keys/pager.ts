// The rows of a long list, read page by page as they come into view. In memory are the rows around those that are seen, and of all
// others only how many they are and where they begin.
import type { RowPage } from './listing.ts';
import type { KeyRow } from './row.ts';

/** Pages on either side of those in view whose rows are kept. */
const KEPT_PAGES = 5;
/** Rows that one can scroll to: a browser draws nothing much higher than this. */
export const MAX_ROWS = 400_000;

interface Page<P> {
  readonly place: P;
  readonly isWide: boolean;
  /** Absent: they were let go. */
  rows: readonly KeyRow[] | undefined;
  length: number;
}

/** Rows `first` up to `last`, which is no more among them. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

/** @param how a page that is passed over on the way to another one is wide, and has no values */
export type ReadRows<P> = (
  place: P,
  how: { readonly hasValues: boolean; readonly isWide: boolean },
) => Promise<RowPage<P>>;

/** How many times the rows of another page a wide one has. */
export const WIDE = 5;

export class Pager<P> {
  readonly #read: ReadRows<P>;
  #pages: Page<P>[] = [];
  /** Where the page after the last known one begins; absent: there is none. */
  #next: P | undefined;
  #length = 0;
  #view: Range = { first: 0, last: 1 };

  constructor(start: P, read: ReadRows<P>) {
    this.#read = read;
    this.#next = start;
  }

  /** How many rows are known of. */
  get length(): number {
    return this.#length;
  }

  /** Whether there are no more rows than these. */
  get isComplete(): boolean {
    return this.#next === undefined;
  }

  /** Whether there are more rows than can be scrolled to. */
  get isCutOff(): boolean {
    return !this.isComplete && this.length >= MAX_ROWS;
  }

  /** The rows in memory. */
  get held(): readonly KeyRow[] {
    return this.#pages.flatMap(({ rows }) => rows ?? []);
  }

  /** Whether all rows that there are are in memory. */
  get isWhole(): boolean {
    return this.isComplete && this.#pages.every(({ rows }) => rows !== undefined);
  }

  /** @returns `undefined` while it is not known */
  rowAt(index: number): KeyRow | undefined {
    let before = 0;
    for (const { rows, length } of this.#pages) {
      if (index < before + length) return rows?.[index - before];
      before += length;
    }
    return undefined;
  }

  /** Says which rows are seen from now on. */
  view(range: Range): void {
    this.#view = range;
  }

  /**
   * Reads one page that is seen and not in memory.
   * @returns whether there was one
   * @throws what reading throws
   */
  async step(): Promise<boolean> {
    const missing = this.#inView().find(({ page }) => page.rows === undefined);
    if (missing) {
      await this.#readAgain(missing.page);
      return true;
    }
    if (this.#next === undefined || this.length >= Math.min(this.#view.last, MAX_ROWS)) return false;
    const place = this.#next;
    // What is passed over on the way is not looked at.
    const isWide = this.length + WIDE * this.#usualLength() <= this.#view.first && this.#pages.length > 0;
    const isSeen = this.length + this.#usualLength() > this.#view.first;
    const { rows, next } = await this.#read(place, { hasValues: isSeen, isWide });
    if (this.#next !== place) return true;
    this.#pages.push({ place, isWide, rows, length: rows.length });
    this.#length += rows.length;
    this.#next = next;
    this.#letGo();
    return true;
  }

  /** Reads what is seen once more. @throws what reading throws */
  async refresh(): Promise<void> {
    for (const { page } of this.#inView()) await this.#readAgain(page);
    if (this.#pages.length === 0) await this.step();
  }

  /** Where a page has come to end elsewhere, what follows begins elsewhere, too, and is not known any more. */
  async #readAgain(page: Page<P>): Promise<void> {
    const { rows, next } = await this.#read(page.place, { hasValues: true, isWide: page.isWide });
    const index = this.#pages.indexOf(page);
    if (index === -1) return;
    page.rows = rows;
    page.length = rows.length;
    const follower = this.#pages[index + 1];
    const followsAt = follower ? follower.place : this.#next;
    if (JSON.stringify(followsAt) !== JSON.stringify(next)) {
      this.#pages.length = index + 1;
      this.#next = next;
    }
    this.#length = this.#pages.reduce((sum, { length }) => sum + length, 0);
    this.#letGo();
  }

  #inView(): { index: number; page: Page<P> }[] {
    const { first, last } = this.#view;
    let before = 0;
    return this.#pages.flatMap((page, index) => {
      const from = before;
      before += page.length;
      // An empty page is seen where it stands: keys may have come there.
      return from < last && from + Math.max(1, page.length) > first ? [{ index, page }] : [];
    });
  }

  #letGo(): void {
    const seen = this.#inView().map(({ index }) => index);
    const [from = this.#pages.length, to = this.#pages.length] = [seen[0], seen.at(-1)];
    for (const [i, page] of this.#pages.entries())
      if (i < from - KEPT_PAGES || i > to + KEPT_PAGES) page.rows = undefined;
  }

  #usualLength(): number {
    return this.#pages[0]?.length ?? 0;
  }
}
