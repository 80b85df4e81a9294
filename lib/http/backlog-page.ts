// Pages of the backlog: what the replica has not acknowledged, and why. The cursor of the API is the store's cursor: the
// time of a write and what tells writes of one moment apart.
import { clientKey, divergentWrite } from '../divergent.ts';
import { keyProblem } from '../key.ts';
import { DEFAULT_PAGE } from '../limits.ts';
import { attemptsSoFar } from '../store/replication-state.ts';
import type { Entry, Page, Replication } from '../store/store.ts';
import { type Answer, isoTime, json } from './answer.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { type Event, numberOf } from './request.ts';
import { PageLimit } from './schemas.ts';

export interface BacklogQuery {
  readonly limit: number;
  readonly cursor?: string;
}

/** @throws TandemError `invalid_parameter` */
export function backlogQueryOf(event: Event): BacklogQuery {
  const { cursor } = event.queryStringParameters ?? {};
  return {
    limit: numberOf(event, 'limit', PageLimit) ?? DEFAULT_PAGE,
    ...(cursor !== undefined && { cursor: decodeCursor(cursor, isPlace) }),
  };
}

/**
 * @param now in milliseconds
 * @param isRefilling whether the replica may lack anything: then what former contents acknowledged is owed, too
 */
export function backlogAnswer({ entries, cursor }: Page, now: number, isRefilling: boolean): Answer {
  return json(200, {
    records: entries.map((entry) => owed(entry, now)),
    ...(cursor !== undefined && { cursor: encodeCursor(cursor) }),
    complete: cursor === undefined,
    ...(isRefilling && { isAtLeast: true }),
  });
}

/** A divergent write is shown as what its key's client knows of it; as deleted when an operator has acknowledged it. */
function owed({ record, replication = UNKNOWN }: Entry, now: number): Record<string, unknown> {
  const { key, value, updatedAt } = record;
  const listed = divergentWrite(key);
  const { status, attempts, nextAttemptAt } = replication;
  const error = attempts.findLast(({ outcome }) => outcome === 'failed')?.error;
  return {
    key: clientKey(key),
    version: (listed ?? record).version,
    epoch: (listed ?? record).epoch,
    ...(listed && { divergent: true }),
    ...(value === undefined && { deleted: true }),
    status,
    updatedAt: isoTime(updatedAt),
    ageMs: Math.max(0, now - updatedAt),
    attempts: attemptsSoFar(replication),
    ...(error !== undefined && { error }),
    ...(nextAttemptAt !== undefined && { nextAttemptAt: isoTime(nextAttemptAt) }),
  };
}

/** The backlog has no record without a state. */
const UNKNOWN: Replication = { status: 'pending', attempts: [] };

/** A time in milliseconds, a space, and the key of a record or the hash of one. */
function isPlace(cursor: string): boolean {
  const [, rest] = /^\d{1,16} (.*)$/s.exec(cursor) ?? [];
  return rest !== undefined && keyProblem(clientKey(rest)) === undefined;
}
