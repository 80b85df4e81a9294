// What PATCH makes of a key, in one atomic step with the write.
import { TandemError } from '../errors.ts';
import { type Expiry, expiryTime } from '../expiry.ts';
import { membersOf } from '../json.ts';
import { MAX_VALUE_BYTES } from '../limits.ts';
import type { StoredRecord } from '../record.ts';
import type { Contents, Derive } from '../store/store.ts';

export type Patch =
  /** Adds to a number; a missing key counts as 0. */
  | { readonly increment: number }
  /** JSON text of an object, merged into the value as RFC 7396 says; a missing key counts as `{}`. */
  | { readonly merge: string }
  /** Sets when the key expires, and leaves the value. `null`: it does not expire any more. */
  | { readonly expiry: Expiry | null };

/**
 * @param now the time of the write, in milliseconds
 * @throws TandemError `invalid_body` for a time that is over
 */
export function deriveBy(patch: Patch, now: number): Derive {
  if ('increment' in patch) return (live) => withValue(live, () => increment(live?.value ?? '0', patch.increment));
  if ('merge' in patch) return (live) => withValue(live, () => merge(live?.value ?? '{}', patch.merge));
  const expiresAt = patch.expiry === null ? undefined : expiryTime(patch.expiry, now);
  return (live) => {
    if (live?.value === undefined) return new TandemError('key_not_found', 'There is no such key that could expire.');
    return { value: live.value, ...(expiresAt !== undefined && { expiresAt }) };
  };
}

/** Another value, which expires when the one before would have. */
function withValue(live: StoredRecord | undefined, make: () => string): Contents | TandemError {
  try {
    return { value: make(), ...(live?.expiresAt !== undefined && { expiresAt: live.expiresAt }) };
  } catch (error) {
    if (error instanceof TandemError) return error;
    throw error;
  }
}

/** @throws TandemError `invalid_body` */
function increment(value: string, by: number): string {
  const before: unknown = JSON.parse(value);
  if (typeof before !== 'number') throw notIncremented('the value is no number. Write one with PUT');
  const sum = before + by;
  // Beyond that some whole numbers are none of a double's, and an increment of 1 could be lost.
  const isExact = Number.isSafeInteger(sum) || !(Number.isInteger(before) && Number.isInteger(by));
  if (!isExact || !Number.isFinite(sum)) throw notIncremented('the sum is beyond what a JSON number holds exactly');
  return JSON.stringify(sum);
}

function notIncremented(reason: string): TandemError {
  return new TandemError('invalid_body', `This cannot be incremented: ${reason}.`, { field: 'increment' });
}

/**
 * It nests no deeper than the deeper of the two, so only its length is looked at.
 * @throws TandemError `value_too_large`
 */
function merge(value: string, patch: string): string {
  const text = merged(value, patch);
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_VALUE_BYTES) return text;
  throw new TandemError('value_too_large', `Merged, the value has ${bytes} bytes as JSON; ${MAX_VALUE_BYTES} fit.`);
}

/**
 * The MergePatch function of RFC 7396, section 2, on texts: what the patch does not name is not read, and stays to the letter.
 * @param target absent: there is nothing
 */
function merged(target: string | undefined, patch: string): string {
  if (!isObject(patch)) return patch.trim();
  const changes = new Map(membersOf(patch).map(({ name, value }) => [name, value]));
  const members: string[] = [];
  const put = (name: string, before: string | undefined, change: string) => {
    if (change.trim() !== 'null') members.push(`${JSON.stringify(name)}:${merged(before, change)}`);
  };
  for (const { name, source, value } of target !== undefined && isObject(target) ? membersOf(target) : []) {
    const change = changes.get(name);
    if (change === undefined) members.push(source);
    else put(name, value, change);
    changes.delete(name);
  }
  for (const [name, change] of changes) put(name, undefined, change);
  return `{${members.join()}}`;
}

function isObject(text: string): boolean {
  return text.trimStart().startsWith('{');
}
