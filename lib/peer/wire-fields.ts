// The parts of which the messages between the nodes are made, each with its bounds: what a peer claims must be possible.
import * as v from 'valibot';
import { clientKey, divergentWrite, isDivergentKey } from '../divergent.ts';
import { readJson } from '../json.ts';
import { keyProblem } from '../key.ts';
import {
  MAX_IDEMPOTENCY_KEY,
  MAX_REMEMBERED_VALUE,
  MAX_STAMP_PART,
  MAX_VALUE_BYTES,
  MAX_VALUE_DEPTH,
  MAX_VALUE_PARTS,
} from '../limits.ts';

/** Epochs are times: one further ahead than this, in milliseconds, is a lie or a clock that is a year off. */
const MAX_AHEAD_MS = 366 * 24 * 60 * 60 * 1000;
/** The last time that a Date can tell, in milliseconds. */
const MAX_TIME = 8_640_000_000_000_000;
/** Characters of a reason that are kept: a key's status has ten of them. */
const MAX_REASON = 500;
/** Characters of a cursor: a place and a key. */
const MAX_CURSOR = 1100;
/** Characters of a contents id: a UUID, or a table's name for itself. */
const MAX_ID = 200;

export const whole = (min: number, max: number) =>
  v.pipe(v.number(), v.safeInteger(), v.minValue(min), v.maxValue(max));

export const Version = whole(1, MAX_STAMP_PART);
export const Time = whole(1, MAX_TIME);
export const Epoch = v.pipe(
  whole(1, MAX_STAMP_PART),
  v.check((epoch) => epoch <= Date.now() + MAX_AHEAD_MS, 'is in the far future; check the clocks of both nodes'),
);
/** 0: none has been seen yet. */
export const HighestEpoch = v.union([v.literal(0), Epoch]);
export const Key = v.pipe(
  v.string(),
  v.check((key) => keyProblem(key) === undefined, 'must be 1 to 1,024 bytes of Unicode text'),
);
/** The key of a record: that of a client, or that of a divergent write. */
export const RecordKey = v.pipe(
  v.string(),
  v.check(
    (key) => keyProblem(clientKey(key)) === undefined && isDivergentKey(key) === (divergentWrite(key) !== undefined),
    'must be 1 to 1,024 bytes of Unicode text',
  ),
);
export const Writer = v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/));
/** Names one write of a key: what a client sends in the header Idempotency-Key. */
export const IdempotencyKey = v.pipe(v.string(), v.regex(/^[\x21-\x7e]+$/), v.maxLength(MAX_IDEMPOTENCY_KEY));
/** A write that had an Idempotency-Key. */
export const Remembered = v.object({
  id: IdempotencyKey,
  epoch: Epoch,
  version: Version,
  at: Time,
  created: v.exactOptional(v.boolean()),
  value: v.exactOptional(
    v.pipe(
      v.string(),
      v.maxLength(MAX_REMEMBERED_VALUE),
      v.check((text) => isJson(text), 'must be JSON text'),
    ),
  ),
});
export const ContentsId = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_ID));
export const Cursor = v.pipe(v.string(), v.maxLength(MAX_CURSOR), v.regex(/^\d{1,16} ./s));
export const Reason = v.pipe(
  v.string(),
  v.transform((text) => text.slice(0, MAX_REASON)),
);
export const index = (count: number) => whole(0, count - 1);

/** A divergent write is listed with its value in an object. */
const LISTING_BYTES = '{"value":}'.length;

/** Whether a text may be the value of the record with this key. */
export function isValue(key: string, text: string): boolean {
  const isListing = isDivergentKey(key);
  if (Buffer.byteLength(text) > MAX_VALUE_BYTES + (isListing ? LISTING_BYTES : 0)) return false;
  return isJson(text, MAX_VALUE_DEPTH + Number(isListing));
}

function isJson(text: string, depth = MAX_VALUE_DEPTH): boolean {
  try {
    readJson(text, { depth, parts: MAX_VALUE_PARTS, length: text.length });
    return true;
  } catch {
    return false;
  }
}
