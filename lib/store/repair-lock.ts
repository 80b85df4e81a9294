// The repair lock of a node that has one process: see `NodeState`.
import type { NodeState } from './store.ts';

/** Who has it is of this process, and gone when that is. */
export function repairLockInMemory(): Pick<NodeState, 'takeRepairLock' | 'renewRepairLock' | 'releaseRepairLock'> {
  let lock: { readonly owner: string; readonly until: number } | undefined;
  return {
    async takeRepairLock(owner, now, until) {
      const isFree = !lock || lock.owner === owner || lock.until <= now || lock.until > 2 * until - now;
      if (isFree) lock = { owner, until };
      return isFree;
    },
    async renewRepairLock(owner, until) {
      if (lock?.owner !== owner) return false;
      lock = { owner, until };
      return true;
    },
    async releaseRepairLock(owner) {
      if (lock?.owner === owner) lock = undefined;
    },
  };
}
