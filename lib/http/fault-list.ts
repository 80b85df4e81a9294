// Faults in the API: the bodies of `PUT /faults` and `POST /faults`, and of all answers about faults.
import * as v from 'valibot';
import { excerpt, TandemError } from '../errors.ts';
import { FAULT_KINDS } from '../fault-kind.ts';
import { type ActiveFault, FAIL_VALUE, type Fault, type Faults } from '../faults/faults.ts';
import { fieldOf, reasonOf } from '../issue.ts';
import { MAX_KEY_BYTES } from '../limits.ts';
import type { Role } from '../role.ts';
import { type Answer, isoTime, json } from './answer.ts';
import { type Event, FORM_LIMITS, jsonOf } from './request.ts';
import { wholeNumber } from './schemas.ts';

const MAX_FAULTS = 100;
const HOUR_SECONDS = 3600;

export const FaultBody = v.strictObject({
  kind: v.picklist(FAULT_KINDS),
  keyPrefix: v.optional(
    v.pipe(v.string(), v.maxLength(MAX_KEY_BYTES), v.description('Acts only where a key starts so.')),
    '',
  ),
  probability: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 1),
  count: v.optional(v.nullable(wholeNumber(1, 1_000_000)), null),
  delayMs: v.optional(wholeNumber(0, 60_000), 0),
  ttl: v.optional(v.pipe(wholeNumber(1, HOUR_SECONDS), v.description('Seconds until it is switched off.')), 60),
});

export const FaultsBody = v.strictObject({ faults: v.pipe(v.array(FaultBody), v.maxLength(MAX_FAULTS)) });

/** @throws TandemError `invalid_json`, `unsupported_media_type`, `value_too_large`, `invalid_body` naming the field */
export function faultsOf(event: Event): readonly Fault[] {
  return checked(FaultsBody, event, 'faults', '{"faults":[{"kind":"error"}]}').faults;
}

/** Switches on the fault in the body. @throws TandemError like `faultsOf`, and where as many are on as may be */
export function addFault(faults: Faults, event: Event): Answer {
  const fault = checked(FaultBody, event, 'kind', '{"kind":"error"}');
  if (faults.list().length >= MAX_FAULTS)
    throw new TandemError(
      'invalid_body',
      `${MAX_FAULTS} faults are on already, which is the most. Switch one off first.`,
    );
  const added = faults.add(fault);
  return json(201, faultBody(added), { location: `/faults/${added.id}` });
}

/** Switches off the fault that the path names. @throws TandemError `key_not_found` when it is not on, any more */
export function removeFault(faults: Faults, event: Event): void {
  const id = event.pathParameters?.id ?? '';
  if (!faults.remove(id)) throw new TandemError('key_not_found', `There is no fault '${excerpt(id)}' that is on.`);
}

/** @param whole what to call the body, where the problem is no field of it */
function checked<Schema extends v.GenericSchema>(
  schema: Schema,
  event: Event,
  whole: string,
  example: string,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, jsonOf(event, FORM_LIMITS).parsed, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const field = fieldOf(issue, whole);
  throw new TandemError('invalid_body', `${field}: ${reasonOf(issue)}. Send ${example}, for instance.`, { field });
}

/** The body of an answer: the faults that are on, and the one that is always on at a replica. */
export function faultsBody(faults: Faults, role: Role): Record<string, unknown> {
  return {
    faults: faults.list().map(faultBody),
    always: role === 'replica' ? [{ kind: 'error', value: JSON.parse(FAIL_VALUE) }] : [],
  };
}

function faultBody(fault: ActiveFault): Record<string, unknown> {
  return { ...fault, expiresAt: isoTime(fault.expiresAt) };
}
