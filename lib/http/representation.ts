// How records, stamps and statuses look in the API.
import type { StoredRecord } from '../record.ts';
import { ACKNOWLEDGED } from '../store/replication-state.ts';
import type { Entry, Replication, ReplicationStatus } from '../store/store.ts';
import { isoTime } from './answer.ts';
import { etagOf } from './etag.ts';

/** The status of a record's copy; `replica` where this node is the replica. */
export type CopyStatus = ReplicationStatus | 'replica';

const CONTENTS_GONE = 'the replica has lost the contents that acknowledged this; it is being refilled';

/** The body of a read, as JSON text: the value goes in as its client wrote it. */
export function recordBody(record: StoredRecord): string {
  const { key, value, version, epoch, updatedAt, expiresAt } = record;
  const expiry = expiresAt === undefined ? '' : `,"expiresAt":"${isoTime(expiresAt)}"`;
  return `{"key":${JSON.stringify(key)},"value":${value},"version":${version},"epoch":${epoch},"updatedAt":"${isoTime(updatedAt)}"${expiry}}`;
}

/** The headers of a read, its 304 included. @param status of the record's copy now */
export function recordHeaders({ record }: Entry, status: CopyStatus): Record<string, string> {
  return {
    etag: etagOf(record),
    'last-modified': new Date(record.updatedAt).toUTCString(),
    'replication-status': status,
  };
}

/**
 * The body of `GET /status/{key}`. A record that came from the other node, when that was the primary, was never tried, and
 * counts as acknowledged. A replica tells nothing of the attempts that it made as a primary.
 * @param status of the record's copy now
 */
export function statusBody({ record, replication = ACKNOWLEDGED }: Entry, status: CopyStatus): Record<string, unknown> {
  const { key, version, epoch, updatedAt, expiresAt, value } = record;
  const isOnPrimary = status !== 'replica';
  return {
    key,
    status,
    ...(isOnPrimary && status !== replication.status && { error: CONTENTS_GONE }),
    version,
    epoch,
    updatedAt: isoTime(updatedAt),
    ...(value === undefined && { deleted: true }),
    ...(expiresAt !== undefined && { expiresAt: isoTime(expiresAt) }),
    ...(isOnPrimary && replicationBody(replication, updatedAt)),
  };
}

function replicationBody(
  { replicatedAt, nextAttemptAt, attempts }: Replication,
  updatedAt: number,
): Record<string, unknown> {
  return {
    ...(replicatedAt !== undefined && {
      replicatedAt: isoTime(replicatedAt),
      lagMs: Math.max(0, replicatedAt - updatedAt),
    }),
    ...(nextAttemptAt !== undefined && { nextAttemptAt: isoTime(nextAttemptAt) }),
    attempts: attempts.map(({ at, by: _, ...attempt }) => ({ at: isoTime(at), ...attempt })),
  };
}
