// The body of PATCH: exactly one change.
import * as v from 'valibot';
import { TandemError } from '../errors.ts';
import { type JsonDocument, type JsonLimits, readJson } from '../json.ts';
import { MAX_FORM_PARTS, MAX_VALUE_BYTES, MAX_VALUE_DEPTH } from '../limits.ts';
import type { Patch } from '../replication/patch.ts';
import { WRITE_LIMITS } from './put-body.ts';
import { type Event, jsonOf } from './request.ts';
import { PatchBody } from './schemas.ts';
import { invalidField, objectIn, valueIn } from './write-body.ts';

/** Of what is merged: each of its members is looked up in the value. */
const MERGE_LIMITS: JsonLimits = { depth: MAX_VALUE_DEPTH, parts: MAX_FORM_PARTS, length: MAX_VALUE_BYTES };

const FIELDS = 'one of increment, merge, ttl and expiresAt';

/** @throws TandemError `invalid_json`, `unsupported_media_type`, `value_too_large`, `invalid_body` naming the field */
export function patchBodyOf(event: Event): Patch {
  return patchIn(jsonOf(event, WRITE_LIMITS));
}

/** @throws TandemError `value_too_large`, `invalid_body` naming the field */
export function patchIn(document: JsonDocument): Patch {
  const sent: { merge?: unknown } = objectIn(document, '{"increment":1}');
  // A list would pass for an object without members.
  if (Array.isArray(sent.merge))
    throw new TandemError('invalid_body', 'merge must be an object, not a list.', { field: 'merge' });
  const result = v.safeParse(PatchBody, sent, { abortEarly: true });
  if (!result.success) throw invalidField(result.issues[0], FIELDS);
  const { increment, merge, ttl, expiresAt } = result.output;
  const given = Object.keys(result.output);
  if (given.length !== 1)
    throw new TandemError('invalid_body', `Send exactly ${FIELDS}.`, given[1] === undefined ? {} : { field: given[1] });
  if (increment !== undefined) return { increment };
  if (merge !== undefined) return { merge: mergeIn(document) };
  if (ttl != null) return { expiry: { ttl } };
  return { expiry: expiresAt == null ? null : { expiresAt } };
}

/** @throws TandemError `value_too_large`, also for too many members */
function mergeIn(document: JsonDocument): string {
  const merge = valueIn(document, 'merge');
  readJson(merge, MERGE_LIMITS);
  return merge;
}
