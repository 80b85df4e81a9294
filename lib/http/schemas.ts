// Schemas of what clients send. Requests are checked against them, and the OpenAPI document is made from them.
import * as v from 'valibot';
import { MAX_PAGE, MAX_TTL_SECONDS, MAX_WAIT_SECONDS } from '../limits.ts';

/** An integer within bounds, with a message that says so. */
export const wholeNumber = (min: number, max: number) => {
  const message = `must be a whole number from ${min} to ${max}`;
  return v.pipe(v.number(message), v.integer(message), v.minValue(min, message), v.maxValue(max, message));
};

export const PutBody = v.strictObject({
  value: v.pipe(v.unknown(), v.description('Any JSON value, null included: at most 256 KiB, 64 levels deep.')),
  ttl: v.optional(v.pipe(wholeNumber(1, MAX_TTL_SECONDS), v.description('Seconds until the key expires.'))),
});

export const PromoteBody = v.strictObject({
  force: v.optional(
    v.pipe(v.boolean(), v.description('Lead at once, with what this node holds, whatever the other one has.')),
  ),
});

export const PageLimit = wholeNumber(1, MAX_PAGE);
export const Wait = wholeNumber(0, MAX_WAIT_SECONDS);
