// What the other node sends, checked by the schemas of lib/peer/wire.ts before any of it is used.
import * as v from 'valibot';
import { TandemError } from '../errors.ts';
import { parseJson } from '../json.ts';
import { MAX_PEER_BODY_BYTES } from '../limits.ts';
import { type CheckedBatch, checkBatch } from '../peer/check-records.ts';
import { type Handshake, HandshakeSchema, QuestionSchema } from '../peer/wire.ts';
import { type Event, jsonTextOf } from './request.ts';

/**
 * A batch, of which each record is checked alone.
 * @throws TandemError `invalid_json`, `value_too_large`, `invalid_body` naming the first field of the batch that is wrong
 */
export function batchOf(event: Event): CheckedBatch {
  const checked = checkBatch(parseJson(jsonTextOf(event, MAX_PEER_BODY_BYTES)));
  if ('batch' in checked) return checked;
  throw invalid(checked, ' Nothing of this batch was applied.');
}

/**
 * A question about what this node holds; without a body, the one for the digests of all groups.
 * @throws TandemError `invalid_json`, `value_too_large`, `invalid_body`
 */
export function questionOf(event: Event): v.InferOutput<typeof QuestionSchema> {
  const text = event.body == null ? '{}' : jsonTextOf(event, MAX_PEER_BODY_BYTES);
  const result = v.safeParse(QuestionSchema, parseJson(text));
  if (result.success) return result.output;
  throw new TandemError('invalid_body', 'Ask for groups, for buckets with a cursor, or for keys; or for nothing.');
}

/** @throws TandemError `invalid_json`, `value_too_large`, `invalid_body` naming the first field that is wrong */
export function handshakeOf(event: Event): Handshake {
  const result = v.safeParse(HandshakeSchema, parseJson(jsonTextOf(event, MAX_PEER_BODY_BYTES)));
  if (result.success) return result.output;
  throw invalid(result.issues[0]);
}

function invalid(issue: v.BaseIssue<unknown>, consequence = ''): TandemError {
  const field = v.getDotPath(issue) ?? 'the body';
  return new TandemError('invalid_body', `${field}: ${issue.message}.${consequence}`, { field });
}
