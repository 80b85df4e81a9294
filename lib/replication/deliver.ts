// Brings a record that has just been written to the replica, and what else is owed along with it.
import type { StoredRecord } from '../record.ts';
import type { FollowUp } from './follow-up.ts';
import type { PrimaryOptions } from './primary-options.ts';
import { statusNow } from './replica-state.ts';
import type { ShipWritten } from './shipping/group-commit.ts';
import { GONE } from './shipping/send.ts';
import type { Delivery } from './shipping/ship.ts';

/** What becomes of a record that is stored. It never rejects. */
export type Deliver = (record: StoredRecord) => Promise<Delivery>;

/** The record is stored: whatever goes wrong from here on is told, not thrown. */
export function deliverer(
  { store, log, replicaState }: PrimaryOptions,
  follow: FollowUp,
  shipWritten: ShipWritten,
): Deliver {
  /** Whether the contents that the replica has now have acknowledged a record, or something newer. */
  async function isReplicatedNow({ key }: StoredRecord): Promise<boolean> {
    const { replication } = (await store.get(key)) ?? {};
    return replication === undefined || statusNow(replication, replicaState.facts) === 'replicated';
  }

  return async (record) => {
    try {
      const delivery = await shipWritten(record);
      const { contentsId } = replicaState.facts;
      if (delivery.replicated) await follow.bringAlong();
      await follow.saveNews();
      const isStillThere = replicaState.facts.contentsId === contentsId || (await isReplicatedNow(record));
      return isStillThere || !delivery.replicated ? delivery : { replicated: false, tried: true, error: GONE };
    } catch (error) {
      log.error('the status of a write could not be stored', {}, error);
      replicaState.requireBacklog();
      return { replicated: false, tried: false, error: 'the store did not take its status; a repair will ship it' };
    }
  };
}
