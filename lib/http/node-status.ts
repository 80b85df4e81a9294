// The body of `GET /status`, for either role.
import type { Clock } from '../clock.ts';
import { isFenced } from '../replication/contact.ts';
import type { NotedContact } from '../replication/note.ts';
import type { Store } from '../store/store.ts';
import { isoTime } from './answer.ts';

/** @param epoch of its reign; `undefined` before its first write */
export async function primaryStatus(
  store: Store,
  clock: Clock,
  epoch: number | undefined,
  contact: NotedContact,
): Promise<Record<string, unknown>> {
  const now = clock.now();
  const { count, oldest } = await store.backlogSize();
  const fenced = isFenced(contact, epoch);
  const inSync = count === 0 && !contact.owesComparison && contact.mendedAt !== undefined;
  return {
    role: 'primary',
    state: fenced ? 'fenced' : 'serving',
    id: store.id,
    epoch: epoch ?? null,
    store: store.kind,
    ...(await keysOf(store, now)),
    backlog: { count, oldestAgeMs: oldest === undefined ? null : Math.max(0, now - oldest) },
    inSync,
    inSyncSince: inSync ? isoTime(contact.mendedAt as number) : null,
    ...(fenced && { fencedBy: contact.fencedBy }),
    replica: {
      reachable: contact.error === undefined ? (contact.at === undefined ? null : true) : false,
      id: contact.id ?? null,
      lastContactAt: contact.at === undefined ? null : isoTime(contact.at),
      error: contact.error ?? null,
      circuit: contact.circuit,
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
    ...(await keysOf(store, clock.now())),
  };
}

export async function replicaStatus(
  store: Store,
  clock: Clock,
  lastContactAt: number | undefined,
): Promise<Record<string, unknown>> {
  const highestEpoch = await store.highestEpoch();
  return {
    role: 'replica',
    state: 'serving',
    id: store.id,
    highestEpoch,
    store: store.kind,
    ...(await keysOf(store, clock.now())),
    lastContactAt: lastContactAt === undefined ? null : isoTime(lastContactAt),
  };
}

async function keysOf(store: Store, now: number): Promise<Record<string, unknown>> {
  const { count, isAtLeast } = await store.count(now);
  return { keys: count, ...(isAtLeast && { keysAtLeast: true }) };
}
