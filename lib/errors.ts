// TandemError: the one kind of error that Tandem throws on purpose. Its code is part of the API and does not change;
// lib/http/problem.ts maps it to an HTTP status.

export type ErrorCode =
  | 'invalid_json'
  | 'invalid_key'
  | 'invalid_parameter'
  | 'unauthorized'
  | 'forbidden'
  | 'forbidden_origin'
  | 'key_not_found'
  | 'no_such_route'
  | 'method_not_allowed'
  | 'stale_epoch'
  | 'other_contents'
  | 'primary_unreachable'
  | 'not_in_sync'
  | 'divergent'
  | 'precondition_failed'
  | 'value_too_large'
  | 'unsupported_media_type'
  | 'not_primary'
  | 'not_replica'
  | 'invalid_body'
  | 'internal_error'
  | 'recovering'
  | 'refilling'
  | 'switching'
  | 'not_yet_replicated'
  | 'store_unavailable'
  | 'store_full';

/** An error a client can act on. `detail` says what to do; `extra` joins the answer's members. */
export class TandemError extends Error {
  readonly code: ErrorCode;
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, detail: string, extra: Record<string, unknown> = {}) {
    super(detail);
    this.name = 'TandemError';
    this.code = code;
    this.extra = extra;
  }
}
