// What the table of keys shows: which keys, as of when, and in words how far that goes.
import { clockTime, count } from '../nodes/words.ts';
import type { KeyRow } from './row.ts';
import type { ScanState } from './scan.ts';

export type Filter = 'all' | 'differing' | 'not copied';

export interface TableView {
  /** Rows to scroll through. Some of them may not have been read yet. */
  readonly total: number;
  /** @returns `undefined` while it is not known */
  rowAt(index: number): KeyRow | undefined;
  /** How many, and how far that is known. */
  readonly words: string;
  /** What is to be said where there is no row. */
  readonly emptyWords: string;
  /** Whether no node tells any more: then this is of the past. */
  readonly isOld: boolean;
}

export const NOTHING_YET: TableView = {
  total: 0,
  rowAt: () => undefined,
  words: '',
  emptyWords: '',
  isOld: false,
};

/** @param expected how many keys there are, as the nodes count, in words */
export function scanWords({ compared, found, more, endedAt, whole = 0 }: ScanState, expected: string): string {
  const number = found.length + more;
  const differ = number === 0 ? 'none differs' : number === 1 ? '1 differs' : `${number.toLocaleString('en')} differ`;
  const shown = more > 0 ? `, the first ${found.length.toLocaleString('en')} are shown` : '';
  if (endedAt === undefined)
    return `${compared.toLocaleString('en')} of ${expected} compared so far: ${differ}${shown}`;
  const again = compared > 0 ? ` Comparing again: ${compared.toLocaleString('en')} so far.` : '';
  return `${count(whole, 'key')} compared by ${clockTime(endedAt)}: ${differ}${shown}.${again}`;
}
