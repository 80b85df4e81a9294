// What an answer means for the call that it answers: that it is done, that another node is to be asked, that it is to be tried again,
// or that it was refused.
import type { Call } from './call.ts';
import type { ErrorCode } from './error.ts';
import { retryAfterMs } from './pauses.ts';
import { type Problem, problemIn } from './problem.ts';
import type { NoAnswer, Reply } from './request.ts';

export interface Refusal {
  readonly kind: 'refused' | 'elsewhere' | 'again';
  readonly problem: Problem;
  /** How long its node wants to be left alone, in milliseconds. */
  readonly retryAfterMs: number;
  /** Whether a write may have been done nevertheless. */
  readonly mayBeDone: boolean;
  /** Whether its node has said that it does not lead. */
  readonly doesNotLead: boolean;
}

/** Refusals for the moment, by a node or by what stands in front of it. */
const FOR_THE_MOMENT = [408, 429, 500, 502, 503, 504];
/** Of these, what a write may have met halfway. */
const HALFWAY = [500, 502, 503, 504];
/** With these a node has refused a write before it did anything. */
const BEFOREHAND: readonly ErrorCode[] = ['recovering', 'refilling', 'switching', 'overloaded'];

/** @returns `undefined`: the call is done, this is its answer */
export function refusalIn(call: Call, reply: Reply, url: string): Refusal | undefined {
  const { status, body, headers } = reply;
  if (status < 300 || status === 304)
    return body === undefined && status !== 304 ? strange(call, reply, url) : ofReplica(call, reply, url);
  const problem = problemIn(reply, url);
  const { code } = problem;
  if (call.expects?.includes(code)) return undefined;
  const doesNotLead = code === 'not_primary';
  const mayBeDone = call.write !== undefined && HALFWAY.includes(status) && !BEFOREHAND.includes(code);
  const refusal = { problem, retryAfterMs: retryAfterMs(headers), mayBeDone, doesNotLead };
  if (doesNotLead || call.elsewhere?.includes(code)) return { kind: 'elsewhere', ...refusal };
  const isOver = !FOR_THE_MOMENT.includes(status) || (mayBeDone && call.write === 'once');
  return { kind: isOver ? 'refused' : 'again', ...refusal };
}

/** What does not come from the node that leads is no answer to a call that is for that one. */
function ofReplica({ to }: Call, reply: Reply, url: string): Refusal | undefined {
  if ((to !== 'leader' && to !== 'primary') || roleIn(reply) !== 'replica') return undefined;
  const problem: Problem = { code: 'not_primary', message: `${url} is the replica.`, facts: { url } };
  return { kind: 'elsewhere', problem, retryAfterMs: 0, mayBeDone: false, doesNotLead: true };
}

function strange({ write }: Call, { status }: Reply, url: string): Refusal {
  const problem = problemIn({ status, body: undefined }, url);
  return { kind: 'refused', problem, retryAfterMs: 0, mayBeDone: write !== undefined, doesNotLead: false };
}

export function refusalOf({ write }: Call, error: NoAnswer, url: string): Refusal {
  const mayBeDone = write !== undefined && error.wasSent;
  const problem: Problem = { code: 'unreachable', message: `${url}: ${error.message}`, facts: { cause: error } };
  const isOver = mayBeDone && write === 'once';
  return { kind: isOver ? 'refused' : 'again', problem, retryAfterMs: 0, mayBeDone, doesNotLead: false };
}

/** The role of the node that has answered, where the answer says it. */
export function roleIn({ headers, body }: Pick<Reply, 'headers' | 'body'>): unknown {
  return headers.get('node-role') ?? (body as { readonly role?: unknown } | undefined)?.role;
}
