// A batch of records from the other node: checked as a whole before any of it is applied.
import * as v from 'valibot';
import { TandemError } from '../errors.ts';
import { MAX_BATCH_RECORDS, MAX_PEER_BODY_BYTES, MAX_VALUE_BYTES, MAX_VALUE_DEPTH } from '../limits.ts';
import type { Batch } from '../replication/peer.ts';
import { depthOf, parseJson } from './json.ts';
import { type Event, jsonTextOf, keyProblem } from './request.ts';

/** Epochs are times: one further ahead is a lie, or a clock that is a year off. */
const MAX_AHEAD_MS = 366 * 24 * 60 * 60 * 1000;
/** The last time that a Date can tell. */
const MAX_TIME = 8_640_000_000_000_000;

const Version = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const Time = v.pipe(Version, v.maxValue(MAX_TIME));
const Epoch = v.pipe(
  Time,
  v.check((epoch) => epoch <= Date.now() + MAX_AHEAD_MS, 'is in the far future; check the clocks of both nodes'),
);
const Key = v.pipe(
  v.string(),
  v.check((key) => keyProblem(key) === undefined, 'must be 1 to 1,024 bytes of Unicode text'),
);
const Value = v.pipe(v.string(), v.check(isValue, 'must be JSON text of at most 256 KiB, 64 levels deep'));

const RecordSchema = v.object({
  key: Key,
  value: v.exactOptional(Value),
  epoch: Epoch,
  version: Version,
  updatedAt: Time,
  expiresAt: v.exactOptional(Time),
});

export const BatchSchema = v.pipe(
  v.object({
    from: v.string(),
    epoch: Epoch,
    sentAt: Time,
    records: v.pipe(v.array(RecordSchema), v.maxLength(MAX_BATCH_RECORDS, `must be at most ${MAX_BATCH_RECORDS}`)),
    drops: v.exactOptional(
      v.pipe(v.array(v.object({ key: Key, epoch: Epoch, version: Version })), v.maxLength(MAX_BATCH_RECORDS)),
    ),
    horizon: v.exactOptional(Time),
  }),
  v.check(
    ({ epoch, records }) => records.every((record) => record.epoch <= epoch),
    'a record is of a later epoch than its sender',
  ),
  v.check(
    ({ drops, horizon = Number.POSITIVE_INFINITY, sentAt }) => drops === undefined || horizon <= sentAt,
    'drops need a horizon that is not after sentAt',
  ),
);

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
    return depthOf(text) <= MAX_VALUE_DEPTH;
  } catch {
    return false;
  }
}
