// A batch of records from the other node: checked as a whole before any of it is applied.
import * as v from 'valibot';
import { TandemError } from '../errors.ts';
import { MAX_BATCH_RECORDS, MAX_PEER_BODY_BYTES, MAX_VALUE_BYTES } from '../limits.ts';
import type { Batch } from '../replication/peer.ts';
import { parseJson } from './json.ts';
import { type Event, jsonTextOf, keyProblem } from './request.ts';

const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

const RecordSchema = v.object({
  key: v.pipe(
    v.string(),
    v.check((key) => keyProblem(key) === undefined, 'must be 1 to 1,024 bytes of Unicode text'),
  ),
  value: v.exactOptional(v.pipe(v.string(), v.check(isValue, 'must be JSON text of at most 256 KiB'))),
  epoch: Count,
  version: Count,
  updatedAt: Count,
  expiresAt: v.exactOptional(Count),
});

const BatchSchema = v.object({
  from: v.string(),
  epoch: Count,
  records: v.pipe(v.array(RecordSchema), v.maxLength(MAX_BATCH_RECORDS, `must be at most ${MAX_BATCH_RECORDS}`)),
});

/** @throws TandemError `invalid_json`, `value_too_large`, `invalid_body` naming the first field that is wrong */
export function batchOf(event: Event): Batch {
  const result = v.safeParse(BatchSchema, parseJson(jsonTextOf(event, MAX_PEER_BODY_BYTES)));
  if (result.success) return result.output;
  const [issue] = result.issues;
  const field = v.getDotPath(issue) ?? 'the body';
  throw new TandemError('invalid_body', `${field}: ${issue.message}. Nothing of this batch was applied.`, { field });
}

function isValue(text: string): boolean {
  if (Buffer.byteLength(text) > MAX_VALUE_BYTES) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
