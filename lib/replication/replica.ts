// The replica's side of replication: take records in, newer stamp wins, and refuse a primary that was replaced.
import type { Clock } from '../clock.ts';
import { isDivergent } from '../divergent.ts';
import { TandemError } from '../errors.ts';
import type { Batch, BatchAnswer, RecordAnswer } from '../peer/wire.ts';
import type { StoredRecord } from '../record.ts';
import type { Store } from '../store/store.ts';
import type { Happened } from '../telemetry/events.ts';
import type { Log } from '../telemetry/log.ts';
import { nameOf, outcomeOf, someOf } from '../telemetry/named-record.ts';
import { type Admit, staleEpoch, tellRefusal } from './admit.ts';
import type { ToldOwed } from './last-contact.ts';

export interface Replica {
  /** When the primary last sent something, in milliseconds. */
  readonly lastContactAt: number | undefined;
  /** How many records it owed then, beside those that it sent. Absent: it has not said. */
  readonly owedThen: number | undefined;
  /**
   * How old what this node holds may be, in milliseconds: since its primary last said what it owes, and the age of the oldest
   * write that it owed then. Absent: it has not said.
   */
  readonly stalenessMs: number | undefined;
  /**
   * The primary has said in a handshake how many records it owes.
   * @param oldestMs how old the oldest of them was then, in milliseconds
   */
  told(owed: number, oldestMs?: number): Promise<void>;
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
  readonly saveLastContact?: (at: number, told?: ToldOwed) => Promise<void>;
  readonly admit: Admit;
  /** Called when a comparison with the primary has got through. */
  readonly onCompared?: () => void;
  readonly happened?: Happened;
}

export function createReplica(options: ReplicaOptions): Replica {
  const { store, clock, log, faultOf, saveLastContact, admit, onCompared, happened } = options;
  let lastContactAt: number | undefined;
  let owedThen: number | undefined;
  /** The elapsed time at which all that the primary had written was here, as it has last said. */
  let freshAt: number | undefined;

  function heardOldest(oldestMs: number | undefined): void {
    if (oldestMs !== undefined) freshAt = clock.elapsed() - oldestMs;
  }

  async function applyOne(record: StoredRecord, epoch: number): Promise<RecordAnswer> {
    const fault = faultOf?.(record);
    if (fault !== undefined) return { outcome: 'failed', error: fault };
    try {
      const outcome = await store.apply(record, undefined, epoch);
      // Another primary took over since the message was let in.
      if (outcome === 'outdated') throw staleEpoch(epoch, await store.highestEpoch());
      if (outcome === 'superseded' && !(await isSeen(record, epoch))) return { outcome: 'failed', error: UNSEEN };
      return { outcome };
    } catch (error) {
      if (error instanceof TandemError && error.code === 'stale_epoch') throw error;
      if (error instanceof TandemError) return { outcome: 'failed', error: `replica: ${error.code}` };
      log.error('a record could not be applied', {}, error);
      return { outcome: 'failed', error: 'replica answered 500' };
    }
  }

  /**
   * Whether the newer record that is here had seen this one: only then is it acknowledged.
   * @throws TandemError `stale_epoch` when a later primary has written it
   */
  async function isSeen(record: StoredRecord, epoch: number): Promise<boolean> {
    const held = await store.get(record.key);
    if (held === undefined) return true;
    if (held.record.epoch <= epoch) return !isDivergent(record, held.record);
    const seen = await store.highestEpoch();
    throw staleEpoch(epoch, seen.epoch >= held.record.epoch ? seen : { epoch: held.record.epoch });
  }

  /** @throws TandemError `stale_epoch` when a later primary has written one of them */
  async function applyAll({ records, epoch }: Batch): Promise<RecordAnswer[]> {
    const began = clock.elapsed();
    const applying = records.map(async (record) => ({ record, answer: await applyOne(record, epoch) }));
    const applied = await Promise.all(applying).catch((error) => {
      tellRefusal(happened, error, epoch);
      throw error;
    });
    if (applied.length > 0) {
      const durationMs = Math.round(clock.elapsed() - began);
      happened?.({
        kind: 'taken',
        durationMs,
        ...someOf(applied, ({ record, answer }) => outcomeOf(record, answer)),
      });
    }
    return applied.map(({ answer }) => answer);
  }

  return {
    get lastContactAt() {
      return lastContactAt;
    },
    get owedThen() {
      return owedThen;
    },
    get stalenessMs() {
      return freshAt === undefined ? undefined : Math.max(0, Math.round(clock.elapsed() - freshAt));
    },
    async told(owed, oldestMs) {
      owedThen = owed;
      heardOldest(oldestMs);
      lastContactAt = clock.now();
      const freshAt = oldestMs === undefined ? {} : { freshAt: lastContactAt - oldestMs };
      await saveLastContact?.(lastContactAt, { owed, ...freshAt });
    },
    async apply(batch) {
      if (batch.records.length > 0) happened?.({ kind: 'received', ...someOf(batch.records, nameOf) });
      await admit(batch);
      lastContactAt = clock.now();
      owedThen = batch.owed ?? owedThen;
      heardOldest(batch.oldestOwedMs);
      await saveLastContact?.(lastContactAt);
      const { epoch, compared } = batch;
      const answers = await applyAll(batch);
      // What failed of it is owed still.
      if (batch.owed !== undefined)
        owedThen = batch.owed + answers.filter(({ outcome }) => outcome === 'failed').length;
      if (compared) {
        const { forgetBefore: before } = compared;
        await store.completed();
        onCompared?.();
        if (before !== undefined) await store.forget({ before, epoch, now: clock.now() });
      }
      return { answers };
    },
  };
}

/** The next repair takes the newer record over, and both nodes list this one. */
const UNSEEN = 'the replica holds a newer write, of when it was the primary, that had not seen this one';
