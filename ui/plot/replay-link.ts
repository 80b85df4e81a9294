// Recordings from elsewhere: from a file that was picked, or from an address of the page's own origin, `?replay=<path>`.
import { imported, MAX_FILE_BYTES } from '../recording/file.ts';
import { createRecording } from '../recording/recording.ts';
import { open } from '../state/playback.ts';

/** How long a file may take to come, in milliseconds. */
const LIMIT_MS = 30_000;

/** @throws Error, for people */
export async function openFile(file: File): Promise<void> {
  if (file.size > MAX_FILE_BYTES) throw new Error('This file is too large for a recording.');
  open(createRecording(imported(await file.text())), file.name);
}

/** The path that the page's address asks to replay. */
export function replayPath(search: string): string | undefined {
  return new URLSearchParams(search).get('replay') || undefined;
}

/**
 * Replays what the page's address asks for.
 * @throws Error, for people, if it is not of this origin, or no recording
 */
export async function openLinked(path: string): Promise<void> {
  const url = new URL(path, location.href);
  // A link must not be able to have the page ask others.
  if (url.origin !== location.origin || location.protocol === 'file:')
    throw new Error('Only a recording of the same server can be replayed by a link. Open the file instead.');
  const response = await fetch(url, { signal: AbortSignal.timeout(LIMIT_MS), redirect: 'error', credentials: 'omit' });
  if (!response.ok) throw new Error(`There is no recording at ${url.pathname}: ${response.status}.`);
  const length = Number(response.headers.get('Content-Length') ?? 0);
  if (length > MAX_FILE_BYTES) throw new Error('This file is too large for a recording.');
  open(createRecording(imported(await response.text())), url.pathname.split('/').at(-1) ?? url.pathname);
}
