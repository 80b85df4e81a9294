// What a node says of itself in a handshake: from what is known, without asking anybody.
import type { Clock } from '../clock.ts';
import type { Handshake } from '../peer/wire.ts';
import type { Store } from '../store/store.ts';
import type { Roles } from './roles.ts';

export interface DescribeOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly roles: Roles;
  /** Whether this node has started, and is asking the other one what that holds. */
  readonly isRecovering: () => boolean;
}

/** Over a durable store only what a replica owes is counted: that takes many queries. */
export async function describe({ store, clock, roles, isRecovering }: DescribeOptions): Promise<Handshake> {
  const isDurable = store.nodeState !== undefined;
  const { role, switching, grant } = await roles.now();
  const [{ epoch: highestEpoch }, isComplete, owed, held] = await Promise.all([
    store.highestEpoch(),
    store.isComplete(),
    isDurable && role === 'primary' ? undefined : store.backlogSize(),
    isDurable ? undefined : store.count(clock.now()),
  ]);
  const isSwitching = switching !== undefined && switching.until > clock.now();
  const asPrimary = isRecovering() ? 'recovering' : isSwitching ? 'switching' : 'serving';
  return {
    role,
    id: store.id,
    state: role === 'primary' ? asPrimary : isComplete ? 'serving' : 'refilling',
    highestEpoch,
    ...(owed && { owed: owed.count }),
    ...(held && { keys: held.count }),
    ...(grant && { grant }),
  };
}
