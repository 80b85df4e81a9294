// The body of `GET /status`, for either role.
import type { Clock } from '../clock.ts';
import { isFenced } from '../replication/replica-state.ts';
import type { SavedReplicaState } from '../replication/shared-replica-state.ts';
import type { Store } from '../store/store.ts';
import { isoTime } from './answer.ts';

/** @param epoch under which it writes; `undefined` before its first write */
export async function primaryStatus(
  store: Store,
  clock: Clock,
  epoch: number | undefined,
  { circuit, ...facts }: SavedReplicaState,
): Promise<Record<string, unknown>> {
  const now = clock.now();
  const { count, oldest } = await store.backlogSize();
  const fenced = epoch !== undefined && isFenced(facts, epoch);
  const { inSyncSince, lastContactAt, contentsId, error, fencedBy } = facts;
  const inSync = count === 0 && !facts.owesComparison && inSyncSince !== undefined;
  return {
    role: 'primary',
    state: fenced ? 'fenced' : 'serving',
    id: store.id,
    epoch: epoch ?? null,
    store: store.kind,
    ...(await keyCount(store, now)),
    backlog: { count, oldestAgeMs: oldest === undefined ? null : Math.max(0, now - oldest) },
    inSync,
    inSyncSince: inSync ? isoTime(inSyncSince) : null,
    ...(fenced && { fencedBy }),
    replica: {
      reachable: error === undefined ? (lastContactAt === undefined ? null : true) : false,
      id: contentsId ?? null,
      lastContactAt: lastContactAt === undefined ? null : isoTime(lastContactAt),
      error: error ?? null,
      circuit,
    },
  };
}

/** The status of a primary that does not serve yet. */
export async function recoveringStatus(store: Store, clock: Clock): Promise<Record<string, unknown>> {
  return {
    role: 'primary',
    state: 'recovering',
    id: store.id,
    store: store.kind,
    ...(await keyCount(store, clock.now())),
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
    ...(await keyCount(store, clock.now())),
    lastContactAt: lastContactAt === undefined ? null : isoTime(lastContactAt),
  };
}

async function keyCount(store: Store, now: number): Promise<Record<string, unknown>> {
  const { count, isAtLeast } = await store.count(now);
  return { keys: count, ...(isAtLeast && { keysAtLeast: true }) };
}
