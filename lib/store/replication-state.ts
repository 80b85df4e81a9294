// How the replication state of a record changes: the same on every engine.
import { MAX_ATTEMPTS } from '../limits.ts';
import type { Attempt, Replication } from './store.ts';

const NONE: readonly Attempt[] = [];

/** The state of a record that the other node holds: it came from there. */
export const ACKNOWLEDGED: Replication = { status: 'replicated', attempts: NONE };

/** The state of a record just written: pending, and shipped by its writer until `inFlightUntil` (milliseconds). */
export function initialReplication(inFlightUntil: number): Replication {
  return { status: 'pending', nextAttemptAt: inFlightUntil, attempts: NONE };
}

/**
 * After an attempt: acknowledged, or failed and due again at `nextAttemptAt`. An acknowledgement stands against a
 * failure that began before it, such as that of a message sent twice; one that began later is news: the replica has
 * lost the record, and does not take it again.
 */
export function settled(before: Replication, attempt: Attempt, nextAttemptAt: number | undefined): Replication {
  if (attempt.at <= (before.replicatedAt ?? Number.NEGATIVE_INFINITY)) return before;
  if (before.status === 'replicated' && attempt.outcome !== 'failed') return before;
  const kept = before.attempts.slice(1 - MAX_ATTEMPTS);
  const earlier = attemptsSoFar(before) - kept.length;
  const attempts = { attempts: [...kept, attempt], ...(earlier > 0 && { earlierAttempts: earlier }) };
  if (attempt.outcome !== 'failed') {
    return { status: 'replicated', replicatedAt: attempt.at + attempt.durationMs, ...attempts };
  }
  return { status: 'replication_failed', ...attempts, ...(nextAttemptAt !== undefined && { nextAttemptAt }) };
}

/** How often the present version has been tried, attempts that are not kept any more included. */
export function attemptsSoFar({ attempts, earlierAttempts = 0 }: Replication): number {
  return earlierAttempts + attempts.length;
}

/** Whether a record with this state is not part of the backlog. A record of the other node has none. */
export function isAcknowledged(replication: Replication | undefined): boolean {
  return replication === undefined || replication.status === 'replicated';
}
