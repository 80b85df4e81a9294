// The replica's side of replication: take records in, newer stamp wins, and refuse a primary that was replaced.
import type { Clock } from '../clock.ts';
import { TandemError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { StoredRecord } from '../record.ts';
import type { Store } from '../store/store.ts';
import { staleEpoch } from './contents.ts';
import type { Batch, BatchAnswer, RecordAnswer } from './peer.ts';

export interface Replica {
  /** When the primary last sent something, in milliseconds. */
  readonly lastContactAt: number | undefined;
  /**
   * Applies each record; one that fails is answered so, and holds up none of the others.
   * @throws TandemError `stale_epoch` when a higher epoch has been seen, `invalid_body` when both nodes have the same
   * store; nothing is applied then
   */
  apply(batch: Batch): Promise<BatchAnswer>;
}

export interface ReplicaParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** Why a record is refused on purpose, if it is. */
  readonly faultOf: (record: StoredRecord) => string | undefined;
  /** Where others must learn of it: takes note of when the primary last sent something. */
  readonly noteContact?: (at: number) => Promise<void>;
}

export function createReplica({ store, clock, log, faultOf, noteContact }: ReplicaParts): Replica {
  let lastContactAt: number | undefined;
  /** What has been forgotten was dead before this time of the primary's clock, in this epoch. */
  let forgotten = { epoch: 0, horizon: 0 };

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

  /** A message from before what was forgotten died could bring it back: nothing tells it from a new record. */
  function isTooLate({ epoch, sentAt }: Batch): boolean {
    return epoch === forgotten.epoch && sentAt < forgotten.horizon;
  }

  return {
    get lastContactAt() {
      return lastContactAt;
    },
    async apply(batch) {
      const { epoch, records, drops = [], horizon = 0 } = batch;
      if (batch.from === store.id) throw oneStore();
      const highest = await store.raiseEpoch(epoch);
      if (highest > epoch) throw await staleEpoch(store, epoch, highest, true);
      lastContactAt = clock.now();
      await noteContact?.(lastContactAt);
      if (isTooLate(batch)) {
        return {
          id: store.id,
          answers: records.map(() => ({ outcome: 'failed', error: 'the message came too late' })),
        };
      }
      if (drops.length > 0)
        forgotten = { epoch, horizon: Math.max(horizon, epoch === forgotten.epoch ? forgotten.horizon : 0) };
      for (const drop of drops) await store.drop(drop.key, drop, horizon);
      return { id: store.id, answers: await Promise.all(records.map(applyOne)) };
    },
  };
}

/** Every record would count as a copy of itself. */
function oneStore(): TandemError {
  return new TandemError('invalid_body', 'from: both nodes use one store. Give each a table of its own (TABLE_NAME).', {
    field: 'from',
  });
}
