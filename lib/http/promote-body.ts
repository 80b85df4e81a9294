// The bodies of `POST /promote`, of the request and of the answer.
import * as v from 'valibot';
import { TandemError } from '../errors.ts';
import { parseJson } from '../json.ts';
import { MAX_BODY_BYTES } from '../limits.ts';
import { type Event, jsonTextOf } from './request.ts';
import { PromoteBody } from './schemas.ts';

/**
 * An absent body asks for nothing in particular.
 * @throws TandemError `invalid_json`, `unsupported_media_type`, `value_too_large`, `invalid_body`
 */
export function promoteBodyOf(event: Event): { force: boolean } {
  if (event.body == null || event.body === '') return { force: false };
  const result = v.safeParse(PromoteBody, parseJson(jsonTextOf(event, MAX_BODY_BYTES)));
  if (!result.success) throw new TandemError('invalid_body', 'Send nothing, or {"force":true}.', { field: 'force' });
  return { force: result.output.force ?? false };
}

/**
 * @param mode `none`: the node was the primary already; `failover`: it started with what it held
 * @param durationMs in milliseconds
 */
export function promoteBody(mode: 'none' | 'failover', epoch: number, durationMs: number): Record<string, unknown> {
  // What the replica holds, and this node does not, is not known after a failover.
  const atRisk = mode === 'none' ? 0 : null;
  return { role: 'primary', mode, epoch, durationMs: Math.round(durationMs), atRisk };
}
