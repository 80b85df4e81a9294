// How a record is written, taken in and settled, and what that lists and dismisses: the same on every engine that can look at
// several records in one step. Each function is one step: nothing else happens to the records meanwhile.
import { clientKey, dismissal, divergentKey, hasSeen, isDivergent, listing } from '../divergent.ts';
import { compareStamps, type StoredRecord } from '../record.ts';
import { nextRecord } from './next-record.ts';
import { ACKNOWLEDGED, initialReplication, isAcknowledged, settled } from './replication-state.ts';
import type { ApplyOutcome, Attempt, Change, Entry, Replication, WriteResult } from './store.ts';

/** The records of an engine. @typeParam S the place of a key: what the engine knows of it beside its entry */
export interface RecordTable<S extends { readonly entry: Entry }> {
  get(key: string): S | undefined;
  /**
   * Puts an entry in the place of what its key had.
   * @param old the place of the key, if it has one
   * @throws TandemError `store_full` when there is no room
   */
  put(old: S | undefined, entry: Entry): void;
  /** Puts another state of its copy beside the record that is there. */
  replace(old: S, entry: Entry): void;
  /** The writes of a client's key that are listed as divergent. */
  listedOf(key: string): readonly StoredRecord[];
  /** How many writes of all keys are listed. */
  readonly listedCount: number;
  /** Whether the value of a divergent write can be kept. The list itself is kept in any case. */
  hasRoomForDivergent(write: StoredRecord): boolean;
}

/**
 * An epoch that is over takes no more writes: what is dead of it may be forgotten, and no stamp of it may return.
 * @param own names these contents as a writer
 */
export function writeRecord<S extends { readonly entry: Entry }>(
  records: RecordTable<S>,
  highestEpoch: number,
  change: Change,
  own: string,
): WriteResult {
  const { key, epoch, inFlightUntil } = change;
  if (epoch < highestEpoch) return { outcome: 'outdated', epoch: highestEpoch };
  const old = records.get(key);
  const current = old?.entry;
  const next = nextRecord(change, current, own);
  if ('outcome' in next) return next;
  const { record, created } = next;
  const entry: Entry = { record, replication: initialReplication(inFlightUntil) };
  records.put(old, entry);
  const hasDismissed = dismissSeen(records, record, [key], current?.record);
  return { outcome: 'written', entry, created, ...(hasDismissed && { hasDismissed }) };
}

/** The newer record stays. The older one is listed, if it is divergent: what is listed is owed to the other node. */
export function applyRecord<S extends { readonly entry: Entry }>(
  records: RecordTable<S>,
  record: StoredRecord,
  replication: Replication | undefined,
): ApplyOutcome {
  const old = records.get(record.key);
  const before = old?.entry.record;
  const order = before ? compareStamps(record, before) : 1;
  if (order > 0) records.put(old, { record, ...(replication && { replication }) });
  if (old && order === 0 && !isAcknowledged(old.entry.replication)) {
    records.replace(old, { ...old.entry, replication: replication ?? ACKNOWLEDGED });
  }
  const news = order > 0 ? [record.key] : [];
  if (before && order > 0 && isDivergent(before, record)) news.push(list(records, before));
  if (before && order < 0 && isDivergent(record, before)) news.push(list(records, record));
  dismissSeen(records, record, news);
  return order > 0 ? 'applied' : order === 0 ? 'same' : 'superseded';
}

/** What became of an attempt, if the record is still the one that was sent. */
export function settleRecord<S extends { readonly entry: Entry }>(
  records: RecordTable<S>,
  { key, epoch, version }: StoredRecord,
  attempt: Attempt,
  nextAttemptAt: number | undefined,
): void {
  const slot = records.get(key);
  if (!slot || compareStamps(slot.entry.record, { epoch, version }) !== 0) return;
  const before = slot.entry.replication ?? ACKNOWLEDGED;
  const replication = settled(before, attempt, nextAttemptAt);
  if (replication !== before) records.replace(slot, { ...slot.entry, replication });
}

/** Lists a divergent write, unless it is known already: it may have been acknowledged since. @returns the key of the listing */
function list<S extends { readonly entry: Entry }>(records: RecordTable<S>, write: StoredRecord): string {
  const record = listing(write, records.hasRoomForDivergent(write));
  if (records.get(record.key) === undefined) records.put(undefined, { record, replication: initialReplication(0) });
  return record.key;
}

/**
 * Takes from the list what the present record of a key, or another listed write, had seen. It is owed to the other node. Of
 * all pairs of them only those are looked at that have something new: the others were when the later one of them came.
 * @param news the keys under which there is something new
 * @param replaced what the record was written over
 * @returns whether anything was
 */
function dismissSeen<S extends { readonly entry: Entry }>(
  records: RecordTable<S>,
  by: StoredRecord,
  news: readonly string[],
  replaced?: StoredRecord,
): boolean {
  if (records.listedCount === 0 || news.length === 0) return false;
  const key = clientKey(by.key);
  const listed = records.listedOf(key);
  const present = [records.get(key)?.entry, ...listed.map((record) => ({ record }))].flatMap(
    (each) => each?.record ?? [],
  );
  const isNew = (record: StoredRecord) => news.includes(record.key);
  const newOnes = present.filter(isNew);
  let hasDismissed = false;
  for (const record of listed) {
    const isReplaced = replaced !== undefined && divergentKey(replaced) === record.key;
    const others = isNew(record) ? present : newOnes;
    const seenBy = isReplaced ? by : others.find((newer) => hasSeen(newer, record));
    if (seenBy === undefined) continue;
    const dismissed = { record: dismissal(record, seenBy), replication: initialReplication(0) };
    records.put(records.get(record.key), dismissed);
    hasDismissed = true;
  }
  return hasDismissed;
}
