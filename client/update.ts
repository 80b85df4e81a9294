// Changes a value by what it was before: reads it, and writes only if nobody has written meanwhile; else begins again.
import type { Changed, Entry, Written } from './answers.ts';
import type { CallOptions, Context } from './context.ts';
import { isTandemError, type TandemError } from './error.ts';
import { Pauses } from './pauses.ts';
import { get } from './read.ts';
import { type Expiry, put } from './write.ts';

/** Without `ttl` and `expiresAt` the key expires when it would have. */
export interface UpdateOptions extends CallOptions, Expiry {}

/** @param old `undefined`: there is no such key @returns what to write */
export type Update<T> = (old: T | undefined) => T | Promise<T>;

/**
 * @throws TandemError `precondition_failed` when others were faster each time, within the limits of the client; and what `change`
 * throws
 */
export async function update<T>(
  context: Context,
  key: string,
  change: Update<T>,
  options: UpdateOptions = {},
): Promise<Changed<T>> {
  const { retry } = context.settings;
  const { elapsed, random, sleep } = context.surroundings;
  const pauses = retry && new Pauses(retry, random);
  const endsAt = elapsed() + (retry?.limitMs ?? 0);
  for (let tries = 1; ; tries++) {
    const held = await get<T>(context, key, { readFrom: 'primary', signal: options.signal });
    const value = await change(held?.value);
    const written = await attempt(context, key, value, held, options);
    if (!(written instanceof Error)) return { ...written, value };
    const pauseMs = pauses?.next() ?? 0;
    if (!retry || tries >= retry.attempts || elapsed() + pauseMs >= endsAt) throw written;
    await sleep(pauseMs, options.signal);
  }
}

/** @returns the write; or why it was not done, where others have written meanwhile */
async function attempt<T>(
  context: Context,
  key: string,
  value: T,
  held: Entry<T> | undefined,
  { ttl, expiresAt, signal }: UpdateOptions,
): Promise<Written | TandemError> {
  const keepsExpiry = ttl === undefined && expiresAt === undefined;
  const expiry = keepsExpiry ? { expiresAt: held?.expiresAt } : { ttl, expiresAt };
  try {
    return await put(context, key, value, { ...expiry, ifMatch: held?.etag, ifAbsent: held === undefined, signal });
  } catch (error) {
    if (isTandemError(error, 'precondition_failed')) return error;
    // It has expired since it was read.
    if (keepsExpiry && isTandemError(error, 'invalid_body') && error.details.field === 'expiresAt') return error;
    throw error;
  }
}
