// How a primary in memory starts: it recovers, begins an epoch, and meets its replica.
import { HANDSHAKE_TIMEOUT_MS, PeerError } from '../peer/peer.ts';
import { processEpoch } from './current-epoch.ts';
import { askReplica } from './meet.ts';
import { createPrimary, type Primary, type PrimaryOptions } from './primary.ts';
import { type RecoverOptions, recover } from './repair/recover.ts';
import { ReplicaState } from './replica-state.ts';

export type StartOptions = RecoverOptions & Omit<PrimaryOptions, 'currentEpoch' | 'replicaState' | 'shared'>;

/** @returns the primary, once it has all that its replica holds, or starts without it: see `recover` */
export async function startInMemory(options: StartOptions): Promise<Primary> {
  const { store, clock, log, parity, retentionMs } = options;
  const { epoch, recoveredFrom, isEqual } = await recover(options);
  const isInSync = isEqual && recoveredFrom?.state === 'serving';
  const primary = createPrimary({
    ...options,
    currentEpoch: processEpoch(store, clock, epoch, parity, retentionMs),
    replicaState: isInSync
      ? ReplicaState.recoveredFrom(recoveredFrom.id, clock.now())
      : new ReplicaState({ hasStartedAlone: recoveredFrom === undefined }),
  });
  const { count } = await store.count(clock.now());
  if (recoveredFrom?.state === 'refilling' && count > 0)
    log.warn('the replica was being refilled: what it still lacked is lost', { recovered: count });
  // A replica that has started meanwhile has said so to nobody.
  if (!isInSync) void hearOfReplica(primary, options);
  return primary;
}

async function hearOfReplica(primary: Primary, options: StartOptions): Promise<void> {
  try {
    await primary.hear(await askReplica(options, HANDSHAKE_TIMEOUT_MS));
  } catch (error) {
    if (!(error instanceof PeerError)) options.log.error('the replica could not be asked what it is', {}, error);
  }
}
