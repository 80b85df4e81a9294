// What the bodies of writes have in common: an object with known fields, and the text of a value as its client wrote it.
import type * as v from 'valibot';
import { excerpt, TandemError } from '../errors.ts';
import type { Expiry } from '../expiry.ts';
import type { JsonDocument } from '../json.ts';
import { MAX_VALUE_BYTES } from '../limits.ts';

/** @throws TandemError `invalid_body` */
export function objectIn({ parsed }: JsonDocument, example: string): object {
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed;
  throw new TandemError('invalid_body', `The body must be a JSON object such as ${example}.`);
}

/** @throws TandemError `value_too_large` */
export function valueIn({ sourceOf }: JsonDocument, name: string): string {
  const value = ownText(sourceOf(name) ?? '');
  const bytes = Buffer.byteLength(value);
  if (bytes <= MAX_VALUE_BYTES) return value;
  throw new TandemError('value_too_large', `The value has ${bytes} bytes as JSON; send at most ${MAX_VALUE_BYTES}.`);
}

/** @throws TandemError `invalid_body` where both are there */
export function expiryIn({
  ttl,
  expiresAt,
}: {
  ttl?: number | undefined;
  expiresAt?: number | undefined;
}): Expiry | undefined {
  if (ttl !== undefined && expiresAt !== undefined)
    throw new TandemError('invalid_body', 'Send ttl or expiresAt, not both.', { field: 'expiresAt' });
  if (ttl !== undefined) return { ttl };
  return expiresAt === undefined ? undefined : { expiresAt };
}

/** @param fields what may be sent */
export function invalidField({ path, message, input, expected }: v.BaseIssue<unknown>, fields: string): TandemError {
  const field = excerpt(String(path?.[0]?.key ?? ''));
  const detail =
    expected === 'never'
      ? `${field} is not a field of this request; send ${fields}.`
      : `${field} ${message}, not ${excerpt(JSON.stringify(input) ?? 'nothing')}.`;
  return new TandemError('invalid_body', detail, { field });
}

/** Copies a slice, which would keep the whole body alive. */
function ownText(slice: string): string {
  return Buffer.from(slice).toString();
}
