// Which rows of a long list are drawn.
import type { Range } from './pager.ts';

/** Rows that are drawn beyond either edge, so that nothing is blank while one scrolls. */
const OVERSCAN = 12;

export interface Scrolled {
  /** Pixels. */
  readonly top: number;
  readonly height: number;
  readonly rowHeight: number;
}

export function rangeOf({ top, height, rowHeight }: Scrolled, total: number): Range {
  const first = Math.max(0, Math.min(Math.floor(top / rowHeight) - OVERSCAN, total));
  const last = Math.min(total, Math.ceil((top + height) / rowHeight) + OVERSCAN);
  return { first, last: Math.max(first, last) };
}

/** Where to scroll to, so that a row is seen whole. @returns pixels */
export function topThatShows(index: number, { top, height, rowHeight }: Scrolled): number {
  const [from, to] = [index * rowHeight, (index + 1) * rowHeight];
  if (from < top) return from;
  return to > top + height ? to - height : top;
}

/** Which row a key of the keyboard leads to; `undefined`: it leads to none. */
export function rowAfter(key: string, index: number, total: number, pageRows: number): number | undefined {
  const moves: Readonly<Record<string, number>> = {
    ArrowDown: index + 1,
    ArrowUp: index - 1,
    PageDown: index + pageRows,
    PageUp: index - pageRows,
    Home: 0,
    End: total - 1,
  };
  const to = moves[key];
  return to === undefined || total === 0 ? undefined : Math.max(0, Math.min(total - 1, to));
}
