// The error that a call ends with, made of what the nodes said in its last round.
import { TandemError } from './error.ts';
import type { Refusal } from './verdict.ts';

export interface CallFacts {
  /** Requests of the call. */
  readonly attempts: number;
  /** Whether one of them may have done what was wanted. */
  readonly mayBeDone: boolean;
}

/** @param refusals of the last round, one at least */
export function failureOf(refusals: readonly Refusal[], { attempts, mayBeDone }: CallFacts): TandemError {
  const told = mostTelling(refusals);
  const { code, message, facts } = told.problem;
  const others = refusals.filter((each) => each !== told);
  const { status } = facts;
  // Who is told that a write is refused knows that it was not done: a write that is repeated is answered as the first time.
  const isKnown = told.kind === 'refused' && status !== undefined && status < 500;
  const cause = causeOf(code === 'unreachable' ? refusals : others);
  return new TandemError(code, code === 'unreachable' ? unreachable(refusals) : message, {
    ...facts,
    attempts,
    mayBeDone: mayBeDone && !isKnown,
    ...(cause !== undefined && { cause }),
  });
}

/** A refusal that ends the call; or what a node that could have answered said; or that it said nothing. */
function mostTelling(refusals: readonly Refusal[]): Refusal {
  const last = refusals.at(-1) as Refusal;
  if (last.kind === 'refused') return last;
  const latest = [...refusals].reverse();
  const said = latest.find(({ problem: { code } }) => code !== 'unreachable' && code !== 'not_primary');
  return said ?? latest.find(({ problem }) => problem.code === 'unreachable') ?? last;
}

function unreachable(refusals: readonly Refusal[]): string {
  return `No node answered: ${refusals.map(({ problem }) => problem.message).join('; ')}`;
}

function causeOf(refusals: readonly Refusal[]): unknown {
  const causes = refusals.flatMap(({ problem: { facts } }) => ('cause' in facts ? [facts.cause] : []));
  if (causes.length < 2) return causes[0];
  return new AggregateError(causes, 'Both nodes gave no answer.');
}
