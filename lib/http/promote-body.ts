// The bodies of `POST /promote`, of the request and of the answer.
import * as v from 'valibot';
import { TandemError } from '../errors.ts';
import type { Promotion } from '../replication/pair-node.ts';
import { type Event, FORM_LIMITS, jsonOf } from './request.ts';
import { PromoteBody } from './schemas.ts';

/**
 * An absent body asks for nothing in particular.
 * @throws TandemError `invalid_json`, `unsupported_media_type`, `value_too_large`, `invalid_body`
 */
export function promoteBodyOf(event: Event): { force: boolean } {
  if (event.body == null || event.body === '') return { force: false };
  const body = jsonOf(event, FORM_LIMITS).parsed;
  const result = v.safeParse(PromoteBody, body, { abortEarly: true });
  // A list without members would pass for an object without any.
  if (!result.success || Array.isArray(body))
    throw new TandemError('invalid_body', 'Send nothing, or {"force":true}.', { field: 'force' });
  return { force: result.output.force ?? false };
}

/** @param durationMs how long it took, in milliseconds */
export function promoteBody({ mode, epoch, atRisk }: Promotion, durationMs: number): Record<string, unknown> {
  return { role: 'primary', mode, epoch, durationMs: Math.round(durationMs), atRisk };
}
