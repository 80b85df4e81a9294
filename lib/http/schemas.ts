// What clients may send. Requests are checked against these, and the OpenAPI document is made from them.
import * as v from 'valibot';
import { MAX_PAGE, MAX_TTL_SECONDS, MAX_WAIT_SECONDS } from '../limits.ts';
import { FAULT_KINDS } from '../replication/faults.ts';

const wholeNumber = (min: number, max: number) => {
  const message = `must be a whole number from ${min} to ${max}`;
  return v.pipe(v.number(message), v.integer(message), v.minValue(min, message), v.maxValue(max, message));
};

export const PutBody = v.strictObject({
  value: v.pipe(v.unknown(), v.description('Any JSON value, null included: at most 256 KiB, 64 levels deep.')),
  ttl: v.optional(v.pipe(wholeNumber(1, MAX_TTL_SECONDS), v.description('Seconds until the key expires.'))),
});

export const Limit = wholeNumber(1, MAX_PAGE);
export const Wait = wholeNumber(0, MAX_WAIT_SECONDS);

const MAX_FAULTS = 100;
const HOUR_SECONDS = 3600;

export const FaultsBody = v.strictObject({
  faults: v.pipe(
    v.array(
      v.strictObject({
        kind: v.picklist(FAULT_KINDS),
        keyPrefix: v.optional(v.pipe(v.string(), v.description('Acts only where a key starts so.')), ''),
        probability: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 1),
        count: v.optional(v.nullable(wholeNumber(1, 1_000_000)), null),
        delayMs: v.optional(wholeNumber(0, 60_000), 0),
        ttl: v.optional(v.pipe(wholeNumber(1, HOUR_SECONDS), v.description('Seconds until it is switched off.')), 60),
      }),
    ),
    v.maxLength(MAX_FAULTS),
  ),
});
