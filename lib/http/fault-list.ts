// Faults in the API: the body of `PUT /faults`, and of all answers about faults.
import * as v from 'valibot';
import { TandemError } from '../errors.ts';
import { FAULT_KINDS } from '../fault-kind.ts';
import { FAIL_VALUE, type Fault, type Faults } from '../faults/faults.ts';
import { fieldOf, reasonOf } from '../issue.ts';
import { MAX_KEY_BYTES } from '../limits.ts';
import type { Role } from '../role.ts';
import { isoTime } from './answer.ts';
import { type Event, FORM_LIMITS, jsonOf } from './request.ts';
import { wholeNumber } from './schemas.ts';

const MAX_FAULTS = 100;
const HOUR_SECONDS = 3600;

export const FaultsBody = v.strictObject({
  faults: v.pipe(
    v.array(
      v.strictObject({
        kind: v.picklist(FAULT_KINDS),
        keyPrefix: v.optional(
          v.pipe(v.string(), v.maxLength(MAX_KEY_BYTES), v.description('Acts only where a key starts so.')),
          '',
        ),
        probability: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 1),
        count: v.optional(v.nullable(wholeNumber(1, 1_000_000)), null),
        delayMs: v.optional(wholeNumber(0, 60_000), 0),
        ttl: v.optional(v.pipe(wholeNumber(1, HOUR_SECONDS), v.description('Seconds until it is switched off.')), 60),
      }),
    ),
    v.maxLength(MAX_FAULTS),
  ),
});

/** @throws TandemError `invalid_json`, `unsupported_media_type`, `value_too_large`, `invalid_body` naming the field */
export function faultsOf(event: Event): readonly Fault[] {
  const result = v.safeParse(FaultsBody, jsonOf(event, FORM_LIMITS).parsed, { abortEarly: true });
  if (result.success) return result.output.faults;
  const [issue] = result.issues;
  const field = fieldOf(issue, 'faults');
  throw new TandemError(
    'invalid_body',
    `${field}: ${reasonOf(issue)}. Send {"faults":[{"kind":"error"}]}, for instance.`,
    { field },
  );
}

/** The body of an answer: the faults that are on, and the one that is always on at a replica. */
export function faultsBody(faults: Faults, role: Role): Record<string, unknown> {
  return {
    faults: faults.list().map(({ expiresAt, ...fault }) => ({ ...fault, expiresAt: isoTime(expiresAt) })),
    always: role === 'replica' ? [{ kind: 'error', value: JSON.parse(FAIL_VALUE) }] : [],
  };
}
