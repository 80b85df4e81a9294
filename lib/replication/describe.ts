// What a node says of itself in a handshake: from what is known, without asking anybody.
import type { Clock } from '../clock.ts';
import type { Handshake } from '../peer/wire.ts';
import type { RoleState, Store } from '../store/store.ts';
import type { Roles } from './roles.ts';

export interface DescribeOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly roles: Roles;
  /** Whether this node has started, and is asking the other one what that holds. */
  readonly isRecovering: () => boolean;
}

/**
 * Where counting takes many queries, only what a replica owes is counted. A replica tells nothing of an epoch that it has
 * begun itself, unless it has given the lead away since: it is about to lead in it, and the other node must not begin one above it.
 */
export async function describe({ store, clock, roles, isRecovering }: DescribeOptions): Promise<Handshake> {
  const isDurable = store.nodeState !== undefined;
  const isCounted = store.isBacklogCounted;
  const [highest, believed] = await Promise.all([store.highestEpoch(), roles.now()]);
  const isAboutToLead = ({ role, grant }: RoleState) =>
    role === 'replica' && highest.by === store.id && grant === undefined;
  // Another process may have taken the lead within the last second.
  const state = isAboutToLead(believed) ? await roles.now(true) : believed;
  const { role, grant } = state;
  const [isComplete, owed, held] = await Promise.all([
    store.isComplete(),
    !isCounted && role === 'primary' ? undefined : store.backlogSize(),
    isDurable ? undefined : store.count(clock.now()),
  ]);
  return {
    role,
    id: store.id,
    state: stateOf(state, { now: clock.now(), isRecovering: isRecovering(), isComplete }),
    highestEpoch: isAboutToLead(state) ? 0 : highest.epoch,
    ...(owed && { owed: owed.count, oldestOwedMs: ageOfOldest(owed, clock.now()) }),
    ...(held && { keys: held.count }),
    ...(grant && { grant }),
  };
}

/** @param now in milliseconds @returns how long ago the oldest record of a backlog was written, in milliseconds; 0: there is none */
export function ageOfOldest({ oldest }: { readonly oldest?: number }, now: number): number {
  return oldest === undefined ? 0 : Math.max(0, now - oldest);
}

/** The state that a node calls itself in. @param now in milliseconds @param isComplete see `Store` */
export function stateOf(
  { role, switching }: RoleState,
  { now, isRecovering, isComplete }: { now: number; isRecovering: boolean; isComplete: boolean },
): Handshake['state'] {
  if (role === 'replica') return isComplete ? 'serving' : 'refilling';
  if (isRecovering) return 'recovering';
  return switching !== undefined && switching.until > now ? 'switching' : 'serving';
}
