// The body of `GET /status`, for either role.
import type { Clock } from '../clock.ts';
import type { Primary } from '../replication/primary.ts';
import type { Replica } from '../replication/replica.ts';
import type { Store } from '../store/store.ts';
import { isoTime } from './answer.ts';

export async function primaryStatus(
  store: Store,
  clock: Clock,
  { epoch, contact, breaker }: Primary,
): Promise<Record<string, unknown>> {
  const now = clock.now();
  const { count, oldest } = await store.backlogSize();
  const inSync = count === 0 && !contact.owesComparison && contact.mendedAt !== undefined;
  return {
    role: 'primary',
    state: contact.fencedBy === undefined ? 'serving' : 'fenced',
    id: store.id,
    epoch,
    store: store.kind,
    keys: await store.count(now),
    backlog: { count, oldestAgeMs: oldest === undefined ? null : Math.max(0, now - oldest) },
    inSync,
    inSyncSince: inSync ? isoTime(contact.mendedAt as number) : null,
    ...(contact.fencedBy !== undefined && { fencedBy: contact.fencedBy }),
    replica: {
      reachable: contact.error === undefined ? (contact.at === undefined ? null : true) : false,
      id: contact.id ?? null,
      lastContactAt: contact.at === undefined ? null : isoTime(contact.at),
      error: contact.error ?? null,
      circuit: breaker,
    },
  };
}

/** Of a primary that does not serve yet. */
export async function recoveringStatus(store: Store, clock: Clock): Promise<Record<string, unknown>> {
  return {
    role: 'primary',
    state: 'recovering',
    id: store.id,
    store: store.kind,
    keys: await store.count(clock.now()),
  };
}

export async function replicaStatus(
  store: Store,
  clock: Clock,
  { lastContactAt }: Replica,
): Promise<Record<string, unknown>> {
  return {
    role: 'replica',
    state: 'serving',
    id: store.id,
    highestEpoch: await store.highestEpoch(),
    store: store.kind,
    keys: await store.count(clock.now()),
    lastContactAt: lastContactAt === undefined ? null : isoTime(lastContactAt),
  };
}
