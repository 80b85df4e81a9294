// Whether what was built is as new as what it is made of: whatever starts again must not wait for a build.
import { readdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root.ts';

/**
 * Builds, unless that was done since the sources last changed. It looks at some hundred files, one after the other and without
 * promises: a process that starts has nothing else to do.
 * @param mark a file that each build writes
 * @param sources files, and folders with all that is in them, from the root of the repository; without the folder of `mark`
 * @throws what `build` throws
 */
export async function buildUnlessFresh(
  mark: string,
  sources: readonly string[],
  build: () => Promise<void>,
): Promise<void> {
  const startedAt = new Date();
  const builtAt = timeOf(mark);
  if (sources.every((source) => newest(join(ROOT, source), join(mark, '..')) <= builtAt)) return;
  await build();
  // What is built again as it was is left alone.
  utimesSync(mark, startedAt, startedAt);
}

/** @returns when a file, or any of a folder, was last changed, in milliseconds */
function newest(path: string, except: string): number {
  const found = statSync(path);
  if (!found.isDirectory()) return found.mtimeMs;
  // What was added or taken away has changed the folder.
  let time = found.mtimeMs;
  for (const entry of readdirSync(path)) {
    const child = join(path, entry);
    if (child !== except) time = Math.max(time, newest(child, except));
  }
  return time;
}

/** 0 if it is not there. */
function timeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
