// The faults as the API shows and takes them.
import * as v from 'valibot';
import { TandemError } from '../errors.ts';
import { MAX_BODY_BYTES } from '../limits.ts';
import { FAIL_VALUE, type Fault, type Faults } from '../replication/faults.ts';
import { isoTime } from './answer.ts';
import { type Event, jsonOf } from './request.ts';
import { FaultsBody } from './schemas.ts';

/** @throws TandemError `invalid_json`, `unsupported_media_type`, `invalid_body` naming the field */
export function faultsOf(event: Event): readonly Fault[] {
  const result = v.safeParse(FaultsBody, jsonOf(event, MAX_BODY_BYTES).parsed);
  if (result.success) return result.output.faults;
  const [issue] = result.issues;
  const field = v.getDotPath(issue) ?? 'faults';
  throw new TandemError(
    'invalid_body',
    `${field}: ${issue.message}. Send {"faults":[{"kind":"error"}]}, for instance.`,
    { field },
  );
}

/** The body of an answer: the faults that are on, and the one that always is. */
export function faultsBody(faults: Faults): Record<string, unknown> {
  return {
    faults: faults.list().map(({ expiresAt, ...fault }) => ({ ...fault, expiresAt: isoTime(expiresAt) })),
    always: [{ kind: 'error', value: JSON.parse(FAIL_VALUE) }],
  };
}
