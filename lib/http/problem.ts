// Error answers (RFC 9457): the one table from error codes to HTTP, and the one place that writes them.
import { type ErrorCode, TandemError } from '../errors.ts';
import type { Answer } from './answer.ts';

interface Kind {
  readonly status: number;
  readonly title: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const SOON = { 'retry-after': '1' };

export const PROBLEMS: Readonly<Record<ErrorCode, Kind>> = {
  invalid_request: { status: 400, title: 'Bad Request' },
  invalid_json: { status: 400, title: 'Bad Request' },
  invalid_key: { status: 400, title: 'Bad Request' },
  invalid_parameter: { status: 400, title: 'Bad Request' },
  unauthorized: { status: 401, title: 'Unauthorized', headers: { 'www-authenticate': 'Bearer' } },
  forbidden: { status: 403, title: 'Forbidden' },
  forbidden_origin: { status: 403, title: 'Forbidden' },
  key_not_found: { status: 404, title: 'Not Found' },
  no_such_route: { status: 404, title: 'Not Found' },
  method_not_allowed: { status: 405, title: 'Method Not Allowed' },
  request_timeout: { status: 408, title: 'Request Timeout' },
  stale_epoch: { status: 409, title: 'Conflict' },
  other_contents: { status: 409, title: 'Conflict' },
  primary_unreachable: { status: 409, title: 'Conflict' },
  not_in_sync: { status: 409, title: 'Conflict' },
  divergent: { status: 409, title: 'Conflict' },
  cursor_gone: { status: 410, title: 'Gone' },
  precondition_failed: { status: 412, title: 'Precondition Failed' },
  value_too_large: { status: 413, title: 'Content Too Large' },
  unsupported_media_type: { status: 415, title: 'Unsupported Media Type' },
  expectation_failed: { status: 417, title: 'Expectation Failed' },
  not_primary: { status: 421, title: 'Misdirected Request' },
  not_replica: { status: 421, title: 'Misdirected Request' },
  invalid_body: { status: 422, title: 'Unprocessable Content' },
  headers_too_large: { status: 431, title: 'Request Header Fields Too Large' },
  internal_error: { status: 500, title: 'Internal Server Error' },
  not_implemented: { status: 501, title: 'Not Implemented' },
  overloaded: { status: 503, title: 'Service Unavailable', headers: SOON },
  recovering: { status: 503, title: 'Service Unavailable', headers: SOON },
  refilling: { status: 503, title: 'Service Unavailable', headers: SOON },
  switching: { status: 503, title: 'Service Unavailable', headers: SOON },
  not_yet_replicated: { status: 503, title: 'Service Unavailable', headers: SOON },
  too_stale: { status: 503, title: 'Service Unavailable', headers: SOON },
  store_unavailable: { status: 503, title: 'Service Unavailable', headers: SOON },
  store_full: { status: 507, title: 'Insufficient Storage' },
};

/**
 * The answer to a request that failed with `error`. One that is not a TandemError tells the client nothing.
 * @param more members beside those of every problem
 */
export function problemAnswer(error: unknown, requestId: string, more: object = {}): Answer {
  const known =
    error instanceof TandemError
      ? error
      : new TandemError('internal_error', 'Something went wrong here; the log has it under the request id.');
  const { status, title, headers } = PROBLEMS[known.code];
  return {
    status,
    headers: { 'content-type': 'application/problem+json', ...headers, ...known.headers },
    body: JSON.stringify({
      type: 'about:blank',
      title,
      status,
      detail: known.message,
      code: known.code,
      requestId,
      ...more,
      ...known.extra,
    }),
  };
}
