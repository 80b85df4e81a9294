// The in-memory store: one process, and contents that end with it.
import { nodeCrypto } from '../../builtin.ts';
import { BUCKETS_PER_GROUP, bucketOf, bucketsOfGroup, groupSums } from '../../digest.ts';
import { compareStamps, isLive, type StoredRecord } from '../../record.ts';
import { baseAfter } from '../base.ts';
import { rejectionOf } from '../condition.ts';
import { initialReplication, settled } from '../replication-state.ts';
import type { Change, Entry, EpochSeen, Store, WriteResult } from '../store.ts';
import { forgetRecords } from './forget.ts';
import { backlogPage, bucketPage, livePage } from './pages.ts';
import { Records } from './records.ts';

/** @param maxBytes what records may take, by an estimate; beyond it writes get `store_full` */
export function memoryStore(maxBytes: number): Store {
  const records = new Records(maxBytes);
  let highest: EpochSeen = { epoch: 0 };
  let isComplete = false;
  let id: string | undefined;

  return {
    kind: 'memory',
    get id() {
      id ??= nodeCrypto().randomUUID();
      return id;
    },

    highestEpoch: async () => highest,
    async raiseEpoch(epoch, by, after = epoch) {
      const isHigher = epoch > highest.epoch && highest.epoch <= after;
      const isClaimed = epoch === highest.epoch && highest.by === undefined;
      if (isHigher || isClaimed) highest = { epoch, ...(by !== undefined && { by }) };
      return highest;
    },

    isComplete: async () => isComplete,
    async completed() {
      isComplete = true;
    },

    get: async (key) => records.get(key)?.entry,
    write: async (change) => write(records, highest.epoch, change),

    async apply(record, replication) {
      const old = records.get(record.key);
      const order = old ? compareStamps(record, old.entry.record) : 1;
      if (order > 0) records.put(old, { record, ...(replication && { replication }) });
      return order > 0 ? 'applied' : order === 0 ? 'same' : 'superseded';
    },

    async settle({ key, epoch, version }, attempt, nextAttemptAt) {
      const slot = records.get(key);
      if (slot?.entry.replication === undefined || compareStamps(slot.entry.record, { epoch, version }) !== 0) return;
      const replication = settled(slot.entry.replication, attempt, nextAttemptAt);
      records.replace(slot, { ...slot.entry, replication });
    },

    async list({ prefix, cursor, limit, now }) {
      await records.sweep(now);
      return livePage(records, prefix, cursor, limit);
    },

    async count(now) {
      await records.sweep(now);
      return { count: records.live.size, isAtLeast: false };
    },

    backlog: async ({ cursor, limit }) => backlogPage(records, cursor, limit),
    async backlogSize() {
      const oldest = records.unacknowledged.first()?.[0].updatedAt;
      return { count: records.unacknowledged.size, ...(oldest !== undefined && { oldest }) };
    },

    forget: (which) => forgetRecords(records, which),

    groupSums: async () => groupSums(records.digests.sums),

    async digests(groups) {
      const found = new BigUint64Array(groups.length * BUCKETS_PER_GROUP);
      groups.forEach((group, i) => {
        found.set(bucketsOfGroup(records.digests.sums, group), i * BUCKETS_PER_GROUP);
      });
      return found;
    },

    headsIn: async (buckets, cursor) => bucketPage(records, buckets, cursor),
  };
}

/** An epoch that is over takes no more writes: what is dead of it may be forgotten, and no stamp of it may return. */
function write(records: Records, highestEpoch: number, change: Change): WriteResult {
  const { key, value, expiresAt, epoch, now, inFlightUntil } = change;
  if (epoch < highestEpoch) return { outcome: 'outdated', epoch: highestEpoch };
  const old = records.get(key);
  const current = old?.entry;
  const rejected = rejectionOf(change, current);
  if (rejected) return rejected;
  const bucket = old?.bucket ?? bucketOf(key);
  const created = !(current && isLive(current.record, now));
  const base = baseAfter(current);
  const record: StoredRecord = {
    key,
    epoch,
    version: (current?.record.version ?? 0) + 1,
    updatedAt: Math.max(now, current?.record.updatedAt ?? 0),
    ...(value !== undefined && { value }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(base && { base }),
  };
  const entry: Entry = { record, replication: initialReplication(inFlightUntil), isOwn: true };
  return { outcome: 'written', entry: records.put(old, entry, bucket), created };
}
