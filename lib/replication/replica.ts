// The replica's side of replication: take records in, newer stamp wins, and refuse a primary that was replaced.
import type { Clock } from '../clock.ts';
import { TandemError } from '../errors.ts';
import type { Batch, BatchAnswer, RecordAnswer } from '../peer/wire.ts';
import type { StoredRecord } from '../record.ts';
import type { Store } from '../store/store.ts';
import type { Log } from '../telemetry/log.ts';
import { admit, staleEpoch } from './admit.ts';
import { rememberedEpoch } from './remembered-epoch.ts';

export interface Replica {
  /** When the primary last sent something, in milliseconds. */
  readonly lastContactAt: number | undefined;
  /**
   * Applies each record; one that fails is answered so, and holds up none of the others.
   * @throws TandemError `other_contents` and `stale_epoch`, when the message is not from the present primary or not for
   * these contents, `invalid_body` when both nodes have the same store; nothing is applied then. `stale_epoch` also when
   * a primary of a later epoch has written one of these keys
   */
  apply(batch: Batch): Promise<BatchAnswer>;
}

export interface ReplicaOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** Why a record is refused on purpose; `undefined` for one that is not. */
  readonly faultOf?: (record: StoredRecord) => string | undefined;
  /** Saves when the primary last sent something, where other processes of this node must know. */
  readonly saveLastContact?: (at: number) => Promise<void>;
  /** Messages wait until it has resolved: a replica that starts asks first who leads. Absent: no wait. */
  readonly ready?: Promise<void>;
}

export function createReplica({ store, clock, log, faultOf, saveLastContact, ready }: ReplicaOptions): Replica {
  const raiseEpoch = rememberedEpoch(store, clock);
  let lastContactAt: number | undefined;

  async function applyOne(record: StoredRecord, epoch: number): Promise<RecordAnswer> {
    const fault = faultOf?.(record);
    if (fault !== undefined) return { outcome: 'failed', error: fault };
    try {
      const outcome = await store.apply(record);
      if (outcome === 'superseded') await refuseLaterEpoch(record.key, epoch);
      return { outcome };
    } catch (error) {
      if (error instanceof TandemError && error.code === 'stale_epoch') throw error;
      if (error instanceof TandemError) return { outcome: 'failed', error: `replica: ${error.code}` };
      log.error('a record could not be applied', {}, error);
      return { outcome: 'failed', error: 'replica answered 500' };
    }
  }

  /** A later primary's write may not have seen this record, so it is no acknowledgement. */
  async function refuseLaterEpoch(key: string, epoch: number): Promise<void> {
    const held = await store.get(key);
    if (held === undefined || held.record.epoch <= epoch) return;
    const seen = await store.highestEpoch();
    throw staleEpoch(epoch, seen.epoch >= held.record.epoch ? seen : { epoch: held.record.epoch });
  }

  return {
    get lastContactAt() {
      return lastContactAt;
    },
    async apply(batch) {
      await ready;
      await admit(store, batch, raiseEpoch);
      lastContactAt = clock.now();
      await saveLastContact?.(lastContactAt);
      const { epoch, records, compared } = batch;
      const answers = await Promise.all(records.map((record) => applyOne(record, epoch)));
      if (compared) {
        const { forgetBefore: before } = compared;
        await store.completed();
        if (before !== undefined) await store.forget({ before, epoch, now: clock.now() });
      }
      return { answers };
    },
  };
}
