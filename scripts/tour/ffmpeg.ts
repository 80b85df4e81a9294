// The ffmpeg of a package, which `npm run tour:record` installs.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { Writable } from 'node:stream';

type Ffmpeg = ChildProcessByStdio<Writable, null, null>;

/** Resolved when it is needed: where the package is not installed, this file can be loaded all the same. */
function pathOfFfmpeg(): string {
  const { path } = createRequire(import.meta.url)('@ffmpeg-installer/ffmpeg') as { readonly path: string };
  return path;
}

/** @returns its process, which reads what is written to its standard input */
export const startFfmpeg = (args: readonly string[]): Ffmpeg =>
  spawn(pathOfFfmpeg(), ['-hide_banner', '-loglevel', 'error', '-y', ...args], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });

/** Waits until it has ended. @throws Error if it failed; what was wrong it has printed itself */
export async function untilDone(ffmpeg: Ffmpeg): Promise<void> {
  if (ffmpeg.exitCode === null) await once(ffmpeg, 'exit');
  const code = ffmpeg.exitCode;
  if (code !== 0) throw new Error(`ffmpeg ended with the code ${code}.`);
}
