// How records, stamps and statuses look in the API.
import type { StoredRecord } from '../record.ts';
import type { Entry, Replication } from '../store/store.ts';
import { isoTime } from './answer.ts';
import { etagOf } from './etag.ts';

/** The body of a read, as JSON text: the value goes in as its client wrote it. */
export function recordBody(record: StoredRecord): string {
  const { key, value, version, epoch, updatedAt, expiresAt } = record;
  const expiry = expiresAt === undefined ? '' : `,"expiresAt":"${isoTime(expiresAt)}"`;
  return `{"key":${JSON.stringify(key)},"value":${value},"version":${version},"epoch":${epoch},"updatedAt":"${isoTime(updatedAt)}"${expiry}}`;
}

/** The headers of a read, its 304 included. */
export function recordHeaders({ record, replication }: Entry): Record<string, string> {
  return {
    etag: etagOf(record),
    'last-modified': new Date(record.updatedAt).toUTCString(),
    'replication-status': replication?.status ?? 'replica',
  };
}

/** The body of `GET /status/{key}`. */
export function statusBody({ record, replication }: Entry): Record<string, unknown> {
  const { key, version, epoch, updatedAt, expiresAt, value } = record;
  return {
    key,
    status: replication?.status ?? 'replica',
    version,
    epoch,
    updatedAt: isoTime(updatedAt),
    ...(value === undefined && { deleted: true }),
    ...(expiresAt !== undefined && { expiresAt: isoTime(expiresAt) }),
    ...(replication && replicationBody(replication, updatedAt)),
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
    attempts: attempts.map(({ at, ...attempt }) => ({ at: isoTime(at), ...attempt })),
  };
}
