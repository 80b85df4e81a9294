// The headers of a write: its preconditions, its Idempotency-Key, and whether it is waited for.
import { TandemError } from '../errors.ts';
import { MAX_IDEMPOTENCY_KEY } from '../limits.ts';
import type { WriteRequest } from '../replication/write-request.ts';
import { preconditionsOf } from './etag.ts';
import type { Event } from './request.ts';

export type WriteHeaders = Pick<WriteRequest, 'condition' | 'idempotencyKey'> & { readonly isAsync: boolean };

/** Visible characters of ASCII. */
const IDEMPOTENCY_KEY = /^[\x21-\x7e]+$/;

/** @throws TandemError `invalid_parameter` when a header is malformed */
export function writeHeadersOf({ headers }: Pick<Event, 'headers'>): WriteHeaders {
  const condition = preconditionsOf(headers);
  const id = headers['idempotency-key'];
  return {
    ...(condition && { condition }),
    ...(id !== undefined && { idempotencyKey: idempotencyKeyIn(id, 'Idempotency-Key') }),
    isAsync: prefersAsync(headers.prefer),
  };
}

/** @param name of the header or field @throws TandemError `invalid_parameter` */
export function idempotencyKeyIn(text: string, name: string): string {
  if (IDEMPOTENCY_KEY.test(text) && text.length <= MAX_IDEMPOTENCY_KEY) return text;
  const detail = `${name} must be 1 to ${MAX_IDEMPOTENCY_KEY} visible ASCII characters.`;
  throw new TandemError('invalid_parameter', detail, { parameter: name });
}

/** Whether a client asks not to wait for the copy. RFC 7240: preferences that are not known are passed over, and so is what else there is about one. */
export function prefersAsync(prefer = ''): boolean {
  return prefer.split(',').some((preference) => /^\s*respond-async\s*(;|$)/i.test(preference));
}
