// What a node refuses, as it says so: a problem detail (RFC 9457).
import type { ErrorCode, ErrorFacts, NodeErrorCode } from './error.ts';
import type { Reply } from './request.ts';

/** What an error is made of, once it is known that a call fails with it. */
export interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly facts: ErrorFacts;
}

/** @param url of the node that answered */
export function problemIn({ status, body }: Pick<Reply, 'status' | 'body'>, url: string): Problem {
  if (!isProblem(body)) return noProblem(status, url);
  const { type: _type, title: _title, status: _status, code, detail, requestId, ...details } = body;
  return { code, message: detail, facts: { status, url, details, ...(requestId !== undefined && { requestId }) } };
}

/** What a node never answers: it is of something else that stands there, or in front of it. */
function noProblem(status: number, url: string): Problem {
  const what = status === 0 || (status >= 300 && status < 400) ? 'a redirect' : `the status ${status}`;
  const message = `${url} answered with ${what}, and not as a node of Tandem does.`;
  return { code: 'unexpected_answer', message, facts: { url, ...(status > 0 && { status }) } };
}

interface ProblemBody {
  readonly code: NodeErrorCode;
  readonly detail: string;
  readonly requestId?: string;
  readonly [member: string]: unknown;
}

/** A code that this version does not know is one of a later node. */
function isProblem(body: unknown): body is ProblemBody {
  if (typeof body !== 'object' || body === null) return false;
  const { code, detail } = body as Partial<ProblemBody>;
  return typeof code === 'string' && typeof detail === 'string';
}
