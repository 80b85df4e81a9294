// A file or a folder, as an operator reads it.
import { isAbsolute, relative } from 'node:path';

/** Relative to `from` where it is within it, else as it is. @param path absolute */
export function shownPath(path: string, from: string): string {
  const fromHere = relative(from, path);
  return fromHere.startsWith('..') || isAbsolute(fromHere) ? path : fromHere;
}
