// TandemError: the one kind of error that Tandem throws on purpose. Its code is part of the API and does not change;
// lib/http/problem.ts maps it to an HTTP status.

export type ErrorCode =
  | 'invalid_request'
  | 'invalid_json'
  | 'invalid_key'
  | 'invalid_parameter'
  | 'unauthorized'
  | 'forbidden'
  | 'forbidden_origin'
  | 'key_not_found'
  | 'no_such_route'
  | 'method_not_allowed'
  | 'request_timeout'
  | 'stale_epoch'
  | 'other_contents'
  | 'primary_unreachable'
  | 'not_in_sync'
  | 'divergent'
  | 'cursor_gone'
  | 'precondition_failed'
  | 'value_too_large'
  | 'unsupported_media_type'
  | 'expectation_failed'
  | 'not_primary'
  | 'not_replica'
  | 'invalid_body'
  | 'headers_too_large'
  | 'internal_error'
  | 'not_implemented'
  | 'overloaded'
  | 'recovering'
  | 'refilling'
  | 'switching'
  | 'not_yet_replicated'
  | 'too_stale'
  | 'store_unavailable'
  | 'store_full';

/** Characters of what was sent that the detail of an error repeats, in all. */
export const MAX_EXCERPT = 100;

/** As much of what was sent as an error repeats: its beginning. Whatever a detail repeats goes through here. */
export function excerpt(text: string, most = MAX_EXCERPT): string {
  if (text.length <= most) return text;
  // Half of a surrogate pair is no text.
  return `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** An error a client can act on. `detail` says what to do; `extra` joins the answer's members. */
export class TandemError extends Error {
  readonly code: ErrorCode;
  readonly extra: Readonly<Record<string, unknown>>;
  /** That its answer has beside those of its code. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ErrorCode,
    detail: string,
    extra: Readonly<Record<string, unknown>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
    this.name = 'TandemError';
    this.code = code;
    this.extra = extra;
    this.headers = headers;
  }
}

/** @param allow the methods that there are, separated by commas */
export function methodNotAllowed(detail: string, allow: string): TandemError {
  return new TandemError('method_not_allowed', detail, { allow }, { allow });
}
