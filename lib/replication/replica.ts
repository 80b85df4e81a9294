// The replica's side of replication: take records in, newer stamp wins, and refuse a primary that was replaced.
import type { Clock } from '../clock.ts';
import { TandemError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { StoredRecord } from '../record.ts';
import type { Store } from '../store/store.ts';
import type { Batch, BatchAnswer, RecordAnswer } from './peer.ts';

export interface Replica {
  /** When the primary last sent something, in milliseconds. */
  readonly lastContactAt: number | undefined;
  /**
   * Applies each record; one that fails is answered so, and holds up none of the others.
   * @throws TandemError `stale_epoch` when a higher epoch has been seen; nothing is applied then
   */
  apply(batch: Batch): Promise<BatchAnswer>;
}

export interface ReplicaParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** Why a record is refused on purpose, if it is: see lib/replication/fault.ts. */
  readonly faultOf: (record: StoredRecord) => string | undefined;
}

export function createReplica({ store, clock, log, faultOf }: ReplicaParts): Replica {
  let lastContactAt: number | undefined;

  async function applyOne(record: StoredRecord): Promise<RecordAnswer> {
    const fault = faultOf(record);
    if (fault !== undefined) return { outcome: 'failed', error: fault };
    try {
      return { outcome: await store.apply(record) };
    } catch (error) {
      if (error instanceof TandemError) return { outcome: 'failed', error: `replica: ${error.code}` };
      log.error('a record could not be applied', {}, error);
      return { outcome: 'failed', error: 'replica answered 500' };
    }
  }

  return {
    get lastContactAt() {
      return lastContactAt;
    },
    async apply({ epoch, records }) {
      const highest = await store.raiseEpoch(epoch);
      if (highest > epoch) {
        const detail = `This replica has seen epoch ${highest}; the primary that sends ${epoch} was replaced and must not write.`;
        throw new TandemError('stale_epoch', detail, { highestEpoch: highest });
      }
      lastContactAt = clock.now();
      return { id: store.id, answers: await Promise.all(records.map(applyOne)) };
    },
  };
}
