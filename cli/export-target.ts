// Where an export goes: the standard output, a new file, or one that was interrupted.
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { type End, headerIn, lineIn } from './export-file.ts';
import { CommandFailed, EXIT, usageError } from './failure.ts';
import { linesOf } from './lines.ts';
import { write } from './print.ts';

export const STDOUT = '-';

export interface Target {
  write(text: string): Promise<void>;
  /** Resolves once it is on the disk. */
  close(): Promise<void>;
}

/** An export, and how far it is. */
export interface Begun {
  readonly target: Target;
  readonly prefix: string;
  /** Where the next page begins. Absent: nothing is in it yet, not even its first line. */
  readonly cursor?: string;
  /** How many keys are in it. */
  readonly keys: number;
  /** Nothing is left to do. */
  readonly isWhole: boolean;
}

export interface OpenOptions {
  readonly prefix: string | undefined;
  readonly resume: boolean;
  readonly overwrite: boolean;
}

/** @throws CommandFailed for a file that is there, or is no export that can go on */
export async function openExport(file: string, options: OpenOptions): Promise<Begun> {
  const { prefix = '', resume, overwrite } = options;
  const fresh = { prefix, keys: 0, isWhole: false };
  if (file === STDOUT) return { ...fresh, target: { write, close: async () => {} } };
  if (resume) return resumed(file, options);
  try {
    return { ...fresh, target: targetOf(await create(file, overwrite ? 'w' : 'wx')) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw usageError(`${file} is there already. --resume goes on with it, --overwrite replaces it.`);
  }
}

/** Values may be secrets: nobody else may read the file. */
function create(file: string, flags: string): Promise<FileHandle> {
  return open(file, flags, 0o600);
}

async function resumed(file: string, { prefix }: OpenOptions): Promise<Begun> {
  // Made where there is none, left as it is where there is one.
  const handle = await create(file, 'a+');
  await handle.close();
  const place = await placeIn(file);
  if (place.prefix !== undefined && prefix !== undefined && place.prefix !== prefix)
    throw usageError(`${file} has keys that begin with '${place.prefix}': leave --prefix out to go on with it.`);
  const { endsAt, cursor, keys, isWhole } = place;
  const writable = await open(file, 'r+');
  if (!isWhole) await writable.truncate(endsAt);
  const target = targetOf(writable, endsAt);
  if (isWhole) await target.close();
  return { target, prefix: place.prefix ?? prefix ?? '', keys, isWhole, ...(cursor !== undefined && { cursor }) };
}

interface Place {
  readonly prefix: string | undefined;
  readonly endsAt: number;
  readonly cursor: string | undefined;
  readonly keys: number;
  readonly isWhole: boolean;
}

/** Of the last whole page. What stands behind it may be incomplete, and is read anew. */
async function placeIn(file: string): Promise<Place> {
  let place: Place = { prefix: undefined, endsAt: 0, cursor: undefined, keys: 0, isWhole: false };
  for await (const { text, number, endsAt } of linesOf(createReadStream(file))) {
    if (number === 1) place = { ...place, prefix: headerIn(text).prefix };
    // Keys are the most, and say nothing.
    if (number === 1 || text.startsWith('{"key":')) continue;
    const line = lineIn(text, number);
    if ('cursor' in line) place = { ...place, endsAt, ...line };
    else if ('end' in line) return whole(place, line, file);
  }
  return place;
}

function whole(place: Place, { keys }: End, file: string): Place {
  if (keys < place.keys)
    throw new CommandFailed(EXIT.usage, 'usage', `${file} says that it has fewer keys than it has.`);
  return { ...place, keys, isWhole: true };
}

function targetOf(file: FileHandle, from = 0): Target {
  let position = from;
  return {
    async write(text) {
      const bytes = Buffer.from(text);
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position);
        done += bytesWritten;
        position += bytesWritten;
      }
    },
    async close() {
      await file.sync();
      await file.close();
    },
  };
}
