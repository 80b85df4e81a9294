// TandemError: the one kind of error of the client, told apart by its code. What a caller did wrong in its own program is a
// TypeError, and a call that its own signal aborts throws the reason of that signal.

/** The codes of a node. Each is explained in docs/errors.md. */
export const NODE_ERROR_CODES = [
  'invalid_request',
  'invalid_json',
  'invalid_key',
  'invalid_parameter',
  'unauthorized',
  'forbidden',
  'forbidden_origin',
  'key_not_found',
  'no_such_route',
  'method_not_allowed',
  'request_timeout',
  'stale_epoch',
  'other_contents',
  'primary_unreachable',
  'not_in_sync',
  'divergent',
  'cursor_gone',
  'precondition_failed',
  'value_too_large',
  'unsupported_media_type',
  'expectation_failed',
  'not_primary',
  'not_replica',
  'invalid_body',
  'headers_too_large',
  'internal_error',
  'not_implemented',
  'overloaded',
  'recovering',
  'refilling',
  'switching',
  'not_yet_replicated',
  'too_stale',
  'store_unavailable',
  'store_full',
] as const;

export type NodeErrorCode = (typeof NODE_ERROR_CODES)[number];

/**
 * Those of the client itself. `unreachable`: no node answered; `cause` says why. `unexpected_answer`: what answered is no node,
 * for instance a proxy.
 */
export type ClientErrorCode = 'unreachable' | 'unexpected_answer';

export type ErrorCode = NodeErrorCode | ClientErrorCode;

/** What errors of some codes tell beside the sentence. */
export interface ErrorDetails {
  /** The version that the key has; `null`: it has none. */
  readonly precondition_failed: { readonly currentVersion: number | null };
  /** Where the node that was asked believes the primary to be. */
  readonly not_primary: { readonly primary?: string };
  /** What held the switchover up. */
  readonly not_in_sync: { readonly reason?: string };
  readonly invalid_parameter: { readonly parameter?: string };
  readonly invalid_body: { readonly field?: string };
}

type DetailsOf<Code extends ErrorCode> = Code extends keyof ErrorDetails ? ErrorDetails[Code] : object;

export interface ErrorFacts {
  /** Of the answer. Absent: there was none. */
  readonly status?: number;
  /** The address that answered. */
  readonly url?: string;
  /** What the node calls the request in its log. */
  readonly requestId?: string;
  /** How many requests were sent for this call. */
  readonly attempts?: number;
  readonly mayBeDone?: boolean;
  readonly details?: object;
  readonly cause?: unknown;
}

export class TandemError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'TandemError';
  readonly code: Code;
  readonly status: number | undefined;
  readonly url: string | undefined;
  readonly requestId: string | undefined;
  readonly attempts: number;
  /** Of a write: whether it may have been done nevertheless, since one of the requests got no answer, or none that tells. */
  readonly mayBeDone: boolean;
  readonly details: DetailsOf<Code>;

  constructor(code: Code, message: string, facts: ErrorFacts = {}) {
    super(message, 'cause' in facts ? { cause: facts.cause } : {});
    this.code = code;
    this.status = facts.status;
    this.url = facts.url;
    this.requestId = facts.requestId;
    this.attempts = facts.attempts ?? 1;
    this.mayBeDone = facts.mayBeDone ?? false;
    this.details = (facts.details ?? {}) as DetailsOf<Code>;
  }
}

/** Whether something that was thrown is an error of the client; with codes, one of these. */
export function isTandemError(error: unknown): error is TandemError;
export function isTandemError<Code extends ErrorCode>(error: unknown, ...codes: Code[]): error is TandemError<Code>;
export function isTandemError(error: unknown, ...codes: ErrorCode[]): boolean {
  return error instanceof TandemError && (codes.length === 0 || codes.includes(error.code));
}
