// Whether absence on a primary says anything.
import type { Store } from '../store/store.ts';
import type { ReplicaFacts } from './replica-state.ts';

/**
 * Whether a replica is known that may hold what this primary does not. Its contents may have become complete while it was about to
 * lead: then they hold it.
 */
export async function mayLackRecords(
  store: Pick<Store, 'isComplete'>,
  { hasStartedAlone, contentsId }: ReplicaFacts,
): Promise<boolean> {
  return hasStartedAlone && contentsId !== undefined && !(await store.isComplete());
}
