// The answer to a write or a deletion.
import type { Written } from '../replication/primary.ts';
import { type Answer, json } from './answer.ts';
import { etagOf } from './etag.ts';

/**
 * 202 while the record is not on the replica; else 201 for a new value, 200 otherwise.
 * @param now when the write came back, in milliseconds
 */
export function writeAnswer({ record, created, delivery }: Written, now: number): Answer {
  const { key, version, epoch, value, updatedAt } = record;
  const status = delivery.replicated ? 'replicated' : delivery.tried ? 'replication_failed' : 'pending';
  const isNew = created && value !== undefined;
  const body = { key, version, epoch, status, ...(!delivery.replicated && { error: delivery.error }) };
  const headers = {
    etag: etagOf(record),
    'replication-status': status,
    ...(isNew && delivery.replicated && { location: `/key/${encodeURIComponent(key)}` }),
  };
  return {
    ...json(delivery.replicated ? (isNew ? 201 : 200) : 202, body, headers),
    // The time of the write may be ahead of a clock that was put back.
    metrics: delivery.replicated
      ? { Writes: 1, ReplicationLag: Math.max(0, now - updatedAt) }
      : { Writes: 1, ReplicationFailures: 1 },
  };
}
