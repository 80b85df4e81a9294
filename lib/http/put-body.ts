// The body of PUT: a value, and when it expires.
import * as v from 'valibot';
import { TandemError } from '../errors.ts';
import type { Expiry } from '../expiry.ts';
import type { JsonDocument, JsonLimits } from '../json.ts';
import { MAX_VALUE_BYTES, MAX_VALUE_DEPTH, MAX_VALUE_PARTS } from '../limits.ts';
import { type Event, jsonOf } from './request.ts';
import { PutBody } from './schemas.ts';
import { expiryIn, invalidField, objectIn, valueIn } from './write-body.ts';

/** Characters of what stands beside the value. */
const MAX_REST = 1000;

/** The value is a member of the body. */
export const WRITE_LIMITS: JsonLimits = {
  depth: MAX_VALUE_DEPTH + 1,
  parts: MAX_VALUE_PARTS,
  length: MAX_VALUE_BYTES + MAX_REST,
};

export interface PutRequest {
  /** JSON text. */
  readonly value: string;
  readonly expiry?: Expiry;
}

/** @throws TandemError `invalid_json`, `unsupported_media_type`, `value_too_large`, `invalid_body` naming the field */
export function putBodyOf(event: Event): PutRequest {
  return putIn(jsonOf(event, WRITE_LIMITS));
}

/** @throws TandemError `value_too_large`, `invalid_body` naming the field */
export function putIn(document: JsonDocument): PutRequest {
  const result = v.safeParse(PutBody, objectIn(document, EXAMPLE), { abortEarly: true });
  if (!result.success) {
    const [issue] = result.issues;
    const isValue = issue.path?.[0]?.key === 'value' && issue.expected !== 'never';
    throw isValue ? valueMissing() : invalidField(issue, 'value and, if you like, ttl or expiresAt');
  }
  const expiry = expiryIn(result.output);
  return { value: valueIn(document, 'value'), ...(expiry && { expiry }) };
}

const EXAMPLE = '{"value":"hello"}';

function valueMissing(): TandemError {
  return new TandemError('invalid_body', `value is missing: send an object such as ${EXAMPLE}.`, { field: 'value' });
}
