// Schemas of what clients send. Requests are checked against them, and the OpenAPI document is made from them.
import * as v from 'valibot';
import { MAX_OPERATIONS, MAX_PAGE, MAX_TTL_SECONDS, MAX_WAIT_SECONDS } from '../limits.ts';

/** An integer within bounds, with a message that says so. */
export const wholeNumber = (min: number, max: number) => {
  const message = `must be a whole number from ${min} to ${max}`;
  return v.pipe(v.number(message), v.integer(message), v.minValue(min, message), v.maxValue(max, message));
};

const Ttl = v.pipe(wholeNumber(1, MAX_TTL_SECONDS), v.description('Seconds until the key expires.'));

const NO_TIME = 'must be a time as in RFC 3339, for instance 2030-01-31T12:00:00.000Z';
/** A time as milliseconds since 1970. */
const ExpiresAt = v.pipe(
  v.string(NO_TIME),
  v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/i, NO_TIME),
  v.check(isOfTheCalendar, NO_TIME),
  v.transform((text) => Date.parse(text.toUpperCase())),
  v.number(NO_TIME),
  v.description('When the key expires, with milliseconds if you like: later than now, and at most ten years ahead.'),
);

/** Date.parse takes the 30th of February for a day in March. */
function isOfTheCalendar(text: string): boolean {
  const [year = 0, month = 0, day = 0] = text.slice(0, 10).split('-').map(Number);
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate() && !Number.isNaN(Date.parse(text.toUpperCase()));
}

export const PutBody = v.strictObject({
  value: v.pipe(v.unknown(), v.description('Any JSON value, null included: at most 256 KiB, 64 levels deep.')),
  ttl: v.exactOptional(Ttl),
  expiresAt: v.exactOptional(ExpiresAt),
});

export const PatchBody = v.strictObject({
  increment: v.exactOptional(
    v.pipe(
      v.number('must be a number'),
      v.finite('must be a number'),
      v.description('Added to the number that is there; a missing key counts as 0.'),
    ),
  ),
  merge: v.exactOptional(
    v.pipe(
      v.looseObject({}, 'must be an object'),
      v.description('Merged into the value, as RFC 7396 says: null removes a member. A missing key counts as {}.'),
    ),
  ),
  ttl: v.exactOptional(v.nullable(v.pipe(Ttl, v.description('Seconds until the key expires; null: it does not.')))),
  expiresAt: v.exactOptional(v.nullable(ExpiresAt)),
});

const Condition = v.exactOptional(v.pipe(v.string('must be text'), v.description('As the header of that name.')));

/** What an operation of a batch has beside what the body of its request has. */
export const Operation = {
  key: v.pipe(v.string('must be text'), v.description('Any key, also one that no path can name.')),
  ifMatch: Condition,
  ifNoneMatch: Condition,
  idempotencyKey: Condition,
};

/** Of the description: each operation is checked alone, so that one that is wrong holds up none of the others. */
export const OperationsBody = v.strictObject({
  operations: v.pipe(
    v.array(
      v.variant('op', [
        v.strictObject({ op: v.literal('get'), key: Operation.key, ifNoneMatch: Condition }),
        v.strictObject({ op: v.literal('put'), ...Operation, ...PutBody.entries }),
        v.strictObject({ op: v.literal('patch'), ...Operation, ...PatchBody.entries }),
        v.strictObject({ op: v.literal('delete'), ...Operation }),
      ]),
    ),
    v.maxLength(MAX_OPERATIONS),
  ),
});

export const PromoteBody = v.strictObject({
  force: v.optional(
    v.pipe(v.boolean(), v.description('Lead at once, with what this node holds, whatever the other one has.')),
  ),
});

/** Seconds: a year. */
export const MaxStale = wholeNumber(0, 31_536_000);
export const PageLimit = wholeNumber(1, MAX_PAGE);
export const Wait = wholeNumber(0, MAX_WAIT_SECONDS);
