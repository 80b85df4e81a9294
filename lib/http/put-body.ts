// The body of a write.
import * as v from 'valibot';
import { excerpt, TandemError } from '../errors.ts';
import type { JsonLimits } from '../json.ts';
import { MAX_VALUE_BYTES, MAX_VALUE_DEPTH, MAX_VALUE_PARTS } from '../limits.ts';
import { type Event, jsonOf } from './request.ts';
import { PutBody } from './schemas.ts';

/** Characters of what stands beside the value. */
const MAX_REST = 1000;

/** The value is a member of the body. */
const LIMITS: JsonLimits = { depth: MAX_VALUE_DEPTH + 1, parts: MAX_VALUE_PARTS, length: MAX_VALUE_BYTES + MAX_REST };

/**
 * @returns the value as JSON text, and its time to live in seconds, if given
 * @throws TandemError `invalid_json`, `unsupported_media_type`, `value_too_large`, `invalid_body` naming the field
 */
export function putBodyOf(event: Event): { value: string; ttl?: number } {
  const { parsed, sourceOf } = jsonOf(event, LIMITS);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new TandemError('invalid_body', 'The body must be a JSON object such as {"value":"hello"}.');
  }
  const result = v.safeParse(PutBody, parsed, { abortEarly: true });
  if (!result.success) throw invalidField(result.issues[0]);
  const value = ownText(sourceOf('value') ?? '');
  const bytes = Buffer.byteLength(value);
  if (bytes > MAX_VALUE_BYTES) {
    throw new TandemError('value_too_large', `The value has ${bytes} bytes as JSON; send at most ${MAX_VALUE_BYTES}.`);
  }
  return { value, ...(result.output.ttl !== undefined && { ttl: result.output.ttl }) };
}

function invalidField({ path, message, input, expected }: v.BaseIssue<unknown>): TandemError {
  const field = excerpt(String(path?.[0]?.key ?? ''));
  if (field === 'value')
    return new TandemError('invalid_body', 'value is missing: send an object such as {"value":"hello"}.', { field });
  if (expected === 'never')
    return new TandemError('invalid_body', `${field} is not a field of a write; send value and, if you like, ttl.`, {
      field,
    });
  return new TandemError('invalid_body', `${field} ${message}, not ${excerpt(JSON.stringify(input))}.`, { field });
}

/** Copies a slice, which would keep the whole body alive. */
function ownText(slice: string): string {
  return Buffer.from(slice).toString();
}
