// The replica's side of replication: take records in, newer stamp wins, and refuse a primary that was replaced.
import type { Clock } from '../clock.ts';
import { TandemError } from '../errors.ts';
import type { Batch, BatchAnswer, RecordAnswer } from '../peer/wire.ts';
import type { StoredRecord } from '../record.ts';
import type { Store } from '../store/store.ts';
import type { Log } from '../telemetry/log.ts';
import { rememberedEpoch } from './remembered-epoch.ts';
import { staleEpoch } from './serve-digests.ts';

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

export interface ReplicaOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** Why a record is refused on purpose; `undefined` for one that is not. */
  readonly faultOf?: (record: StoredRecord) => string | undefined;
  /** Saves when the primary last sent something, where other processes of this node must know. */
  readonly saveLastContact?: (at: number) => Promise<void>;
}

export function createReplica({ store, clock, log, faultOf, saveLastContact }: ReplicaOptions): Replica {
  const raiseEpoch = rememberedEpoch(store, clock);
  let lastContactAt: number | undefined;
  /** What has been forgotten had died before this time of the primary's clock, in this epoch. */
  let forgotten = { epoch: 0, deadBefore: 0 };

  async function applyOne(record: StoredRecord): Promise<RecordAnswer> {
    const fault = faultOf?.(record);
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
    return epoch === forgotten.epoch && sentAt < forgotten.deadBefore;
  }

  async function forget({ epoch, forget: stamps = [], forgetBefore = 0 }: Batch): Promise<void> {
    if (stamps.length === 0) return;
    const before = epoch === forgotten.epoch ? forgotten.deadBefore : 0;
    forgotten = { epoch, deadBefore: Math.max(forgetBefore, before) };
    for (const stamp of stamps) await store.forget(stamp.key, stamp, forgetBefore);
  }

  return {
    get lastContactAt() {
      return lastContactAt;
    },
    async apply(batch) {
      const { epoch, records } = batch;
      if (batch.from === store.id) throw oneStore();
      const highest = await raiseEpoch(epoch);
      if (highest > epoch) throw await staleEpoch(store, epoch, highest, true);
      lastContactAt = clock.now();
      await saveLastContact?.(lastContactAt);
      if (isTooLate(batch)) return { id: store.id, answers: records.map(() => TOO_LATE) };
      await forget(batch);
      return { id: store.id, answers: await Promise.all(records.map(applyOne)) };
    },
  };
}

const TOO_LATE: RecordAnswer = { outcome: 'failed', error: 'the message came too late' };

/** Every record would count as a copy of itself. */
function oneStore(): TandemError {
  return new TandemError('invalid_body', 'from: both nodes use one store. Give each a table of its own (TABLE_NAME).', {
    field: 'from',
  });
}
