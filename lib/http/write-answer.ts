// The answer to a write or a deletion.
import type { Written } from '../replication/primary.ts';
import { type Answer, json } from './answer.ts';
import { etagOf } from './etag.ts';

/** 202 while the record is not on the replica; else 201 for a new value, 200 otherwise. */
export function writeAnswer({ record, created, delivery }: Written): Answer {
  const { key, version, epoch, value } = record;
  const status = delivery.replicated ? 'replicated' : delivery.tried ? 'replication_failed' : 'pending';
  const isNew = created && value !== undefined;
  const body = { key, version, epoch, status, ...(!delivery.replicated && { error: delivery.error }) };
  return json(delivery.replicated ? (isNew ? 201 : 200) : 202, body, {
    etag: etagOf(record),
    'replication-status': status,
    ...(isNew && delivery.replicated && { location: `/key/${encodeURIComponent(key)}` }),
  });
}
