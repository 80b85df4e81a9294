// The body of `GET /status`, for either role.
import type { Clock } from '../clock.ts';
import type { NodeFacts, PeerSeen } from '../node/status.ts';
import type { PeerCheck } from '../peer/check-peer.ts';
import type { Role } from '../role.ts';
import type { Store } from '../store/store.ts';
import { isoTime } from './answer.ts';

/** @returns the body */
export function nodeStatus(facts: NodeFacts, store: Store, clock: Clock): Promise<Record<string, unknown>> {
  switch (facts.kind) {
    case 'recovering':
      return recoveringStatus(store, clock, facts.peer);
    case 'primary':
      return primaryStatus(store, clock, facts);
    case 'replica':
      return replicaStatus(store, clock, facts);
  }
}

async function primaryStatus(
  store: Store,
  clock: Clock,
  { epoch, known: { circuit, ...facts }, isSwitching, peer: { url, check } }: NodeFacts & { kind: 'primary' },
): Promise<Record<string, unknown>> {
  const now = clock.now();
  const [{ count, oldest }, divergent] = await Promise.all([store.backlogSize(), store.divergentCount()]);
  const { inSyncSince, lastContactAt } = facts;
  const replica = seen(check, 'replica');
  const isSame = replica !== undefined && replica.id === facts.contentsId;
  // A replica that has seen a later epoch has another primary, even if this one has not been refused yet.
  const isAnothers = replica !== undefined && epoch !== undefined && replica.highestEpoch > epoch;
  const isFilled = isSame && !isAnothers && replica.state === 'serving';
  // A replica owes what it wrote as a primary, and this node has not taken over.
  const isNothingOwed = count === 0 && (replica?.owed ?? 0) === 0 && !facts.owesComparison;
  const inSync = isFilled && isNothingOwed && inSyncSince !== undefined;
  return {
    role: 'primary',
    state: isSwitching ? 'switching' : 'serving',
    id: store.id,
    epoch: epoch ?? null,
    store: store.kind,
    ...(await keyCount(store, now)),
    backlog: {
      count,
      oldestAgeMs: oldest === undefined ? null : Math.max(0, now - oldest),
      // What former contents acknowledged is owed, too, and has not been counted.
      ...((facts.isRefilling || (replica && !isSame)) && { isAtLeast: true }),
    },
    inSync,
    inSyncSince: inSync ? isoTime(inSyncSince) : null,
    checkedAt: isoTime(check.at),
    divergent,
    replica: {
      url: url ?? null,
      reachable: check.reachable && replica !== undefined,
      id: replica?.id ?? facts.contentsId ?? null,
      state: replica?.state ?? null,
      lastContactAt: lastContactAt === undefined ? null : isoTime(lastContactAt),
      error: errorOf(check, 'replica', facts.error),
      circuit,
    },
  };
}

/** What the other node said, if it has the role that it must have. */
function seen({ answer }: PeerCheck, role: Role): PeerCheck['answer'] {
  return answer?.role === role ? answer : undefined;
}

/** @param before why the last request to it failed; that it was silent in a check tells less */
function errorOf({ answer, reachable, error }: PeerCheck, role: Role, before?: string): string | null {
  if (answer && answer.role !== role) return `wrong node: it is a ${answer.role}, not a ${role}`;
  return (reachable === null ? (before ?? error) : (error ?? before)) ?? null;
}

/** The status of a primary that does not serve yet. */
async function recoveringStatus(
  store: Store,
  clock: Clock,
  { url, check }: PeerSeen,
): Promise<Record<string, unknown>> {
  const replica = seen(check, 'replica');
  return {
    role: 'primary',
    state: 'recovering',
    id: store.id,
    store: store.kind,
    ...(await keyCount(store, clock.now())),
    inSync: false,
    checkedAt: isoTime(check.at),
    replica: {
      url: url ?? null,
      reachable: check.reachable && replica !== undefined,
      id: replica?.id ?? null,
      state: replica?.state ?? null,
      error: errorOf(check, 'replica'),
    },
  };
}

async function replicaStatus(
  store: Store,
  clock: Clock,
  { lastContactAt, isRefilling, peer: { url, check } }: NodeFacts & { kind: 'replica' },
): Promise<Record<string, unknown>> {
  const { epoch: highestEpoch } = await store.highestEpoch();
  return {
    role: 'replica',
    state: isRefilling ? 'refilling' : 'serving',
    id: store.id,
    highestEpoch,
    store: store.kind,
    ...(await keyCount(store, clock.now())),
    lastContactAt: lastContactAt === undefined ? null : isoTime(lastContactAt),
    checkedAt: isoTime(check.at),
    primary: {
      url: url ?? null,
      reachable: check.reachable && seen(check, 'primary') !== undefined,
      state: seen(check, 'primary')?.state ?? null,
      epoch: seen(check, 'primary')?.highestEpoch ?? null,
      error: errorOf(check, 'primary'),
    },
  };
}

async function keyCount(store: Store, now: number): Promise<Record<string, unknown>> {
  const { count, isAtLeast } = await store.count(now);
  return { keys: count, ...(isAtLeast && { keysAtLeast: true }) };
}
