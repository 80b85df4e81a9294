// The body of a write.
import * as v from 'valibot';
import { TandemError } from '../errors.ts';
import { MAX_BODY_BYTES, MAX_VALUE_BYTES, MAX_VALUE_DEPTH } from '../limits.ts';
import { type Event, jsonOf } from './request.ts';
import { PutBody } from './schemas.ts';

/**
 * @returns the value as JSON text, and its time to live in seconds, if given
 * @throws TandemError `invalid_json`, `unsupported_media_type`, `value_too_large`, `invalid_body` naming the field
 */
export function putBodyOf(event: Event): { value: string; ttl?: number } {
  const { parsed, sources, depths } = jsonOf(event, MAX_BODY_BYTES);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new TandemError('invalid_body', 'The body must be a JSON object such as {"value":"hello"}.');
  }
  const result = v.safeParse(PutBody, parsed);
  if (!result.success) throw invalidField(result.issues[0]);
  const value = ownText(sources.get('value') ?? '');
  if ((depths.get('value') ?? 0) > MAX_VALUE_DEPTH) {
    throw new TandemError('invalid_body', `value nests deeper than ${MAX_VALUE_DEPTH} levels; flatten it.`, {
      field: 'value',
    });
  }
  const bytes = Buffer.byteLength(value);
  if (bytes > MAX_VALUE_BYTES) {
    throw new TandemError('value_too_large', `The value has ${bytes} bytes as JSON; send at most ${MAX_VALUE_BYTES}.`);
  }
  return { value, ...(result.output.ttl !== undefined && { ttl: result.output.ttl }) };
}

function invalidField({ path, message, input, expected }: v.BaseIssue<unknown>): TandemError {
  const field = String(path?.[0]?.key ?? '');
  if (field === 'value')
    return new TandemError('invalid_body', 'value is missing: send an object such as {"value":"hello"}.', { field });
  if (expected === 'never')
    return new TandemError('invalid_body', `${field} is not a field of a write; send value and, if you like, ttl.`, {
      field,
    });
  return new TandemError('invalid_body', `${field} ${message}, not ${JSON.stringify(input)}.`, { field });
}

/** Copies a slice, which would keep the whole body alive. */
function ownText(slice: string): string {
  return Buffer.from(slice).toString();
}
