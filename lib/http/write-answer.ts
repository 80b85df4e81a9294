// The answer to a write or a deletion.
import type { Written } from '../replication/write-request.ts';
import type { Answer } from './answer.ts';
import { etagOf } from './etag.ts';

export interface WriteAnswerOptions {
  /** When the write came back, in milliseconds. */
  readonly now: number;
  /** The client asked not to wait for the copy. */
  readonly isAsync?: boolean;
  /** The answer has the new value, where that is known: what PATCH made of it. */
  readonly withValue?: boolean;
  /** The member that tells how the copy is doing: in a batch `status` is that of HTTP. */
  readonly statusMember?: 'status' | 'replicationStatus';
}

/** 202 while the record is not on the replica; else 201 for a new value, 200 otherwise. */
export function writeAnswer(
  { record, created, isRepeat, delivery }: Written,
  { now, isAsync = false, withValue = false, statusMember = 'status' }: WriteAnswerOptions,
): Answer {
  const { key, version, epoch, value, updatedAt } = record;
  const status = delivery.replicated ? 'replicated' : delivery.tried ? 'replication_failed' : 'pending';
  const error = !delivery.replicated && { error: delivery.error };
  const text = JSON.stringify({ key, version, epoch, [statusMember]: status, ...error });
  const headers = {
    etag: etagOf(record),
    'replication-status': status,
    ...(created && delivery.replicated && { location: `/key/${encodeURIComponent(key)}` }),
    ...(isAsync && { 'preference-applied': 'respond-async' }),
  };
  return {
    status: delivery.replicated ? (created ? 201 : 200) : 202,
    headers,
    // The value goes in as its client wrote it.
    body: withValue && value !== undefined ? `${text.slice(0, -1)},"value":${value}}` : text,
    ...(!isRepeat && { metrics: metricsOf(delivery.replicated, now - updatedAt, isAsync) }),
  };
}

/** @param lagMs negative where the time of the write is ahead of a clock that was put back */
function metricsOf(isReplicated: boolean, lagMs: number, isAsync: boolean) {
  if (isReplicated) return { Writes: 1, ReplicationLag: Math.max(0, lagMs) };
  return isAsync ? { Writes: 1 } : { Writes: 1, ReplicationFailures: 1 };
}
