// The in-memory store: one process, and contents that end with it.
import { nodeCrypto } from '../../builtin.ts';
import { BUCKETS, BUCKETS_PER_GROUP, bucketOf, bucketsOfGroup, groupSums } from '../../digest.ts';
import { compareStamps, deadAt, isLive, type StoredRecord } from '../../record.ts';
import { baseAfter } from '../base.ts';
import { rejectionOf } from '../condition.ts';
import { initialReplication, isAcknowledged, settled } from '../replication-state.ts';
import type { Change, Entry, Store, WriteResult } from '../store.ts';
import { backlogPage, bucketPage, livePage } from './pages.ts';
import { Records } from './records.ts';

/** @param maxBytes what records may take, by an estimate; beyond it writes get `store_full` */
export function memoryStore(maxBytes: number): Store {
  const records = new Records(maxBytes);
  const forgottenVersions = new Float64Array(BUCKETS);
  let highestEpoch = 0;
  let id: string | undefined;

  return {
    kind: 'memory',
    get id() {
      id ??= nodeCrypto().randomUUID();
      return id;
    },

    highestEpoch: async () => highestEpoch,
    async raiseEpoch(epoch) {
      highestEpoch = Math.max(highestEpoch, epoch);
      return highestEpoch;
    },

    get: async (key) => records.get(key)?.entry,
    write: async (change) => write(records, forgottenVersions, change),

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
      records.sweep(now);
      return livePage(records, prefix, cursor, limit);
    },

    async count(now) {
      records.sweep(now);
      return { count: records.live.size, isAtLeast: false };
    },

    backlog: async ({ cursor, limit }) => backlogPage(records, cursor, limit),
    async backlogSize() {
      const oldest = records.unacknowledged.first()?.[0].updatedAt;
      return { count: records.unacknowledged.size, ...(oldest !== undefined && { oldest }) };
    },

    async dead({ before, limit }) {
      const found: StoredRecord[] = [];
      for (const [record, { entry }] of records.mortal.from(undefined)) {
        if (found.length === limit || !isDeadBefore(record, before)) break;
        if (isAcknowledged(entry.replication)) found.push(record);
      }
      return found;
    },

    async forget(key, stamp, deadBefore) {
      const slot = records.get(key);
      if (!slot) return;
      const order = compareStamps(slot.entry.record, stamp);
      if (order > 0 || (order === 0 && !isDeadBefore(slot.entry.record, deadBefore))) return;
      forgottenVersions[slot.bucket] = Math.max(forgottenVersion(forgottenVersions, slot.bucket), stamp.version);
      records.remove(slot);
    },

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

function write(records: Records, forgottenVersions: Float64Array, change: Change): WriteResult {
  const { key, value, expiresAt, epoch, now, inFlightUntil } = change;
  const old = records.get(key);
  const current = old?.entry;
  const rejected = rejectionOf(change, current);
  if (rejected) return rejected;
  const bucket = old?.bucket ?? bucketOf(key);
  const before = current?.record.version ?? forgottenVersion(forgottenVersions, bucket);
  const created = !(current && isLive(current.record, now));
  const base = baseAfter(current);
  const record: StoredRecord = {
    key,
    epoch,
    version: before + 1,
    updatedAt: Math.max(now, current?.record.updatedAt ?? 0),
    ...(value !== undefined && { value }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(base && { base }),
  };
  const entry: Entry = { record, replication: initialReplication(inFlightUntil), isOwn: true };
  return { outcome: 'written', entry: records.put(old, entry, bucket), created };
}

/** The highest version that was forgotten in a bucket: a new key starts above it, so that no stamp returns. */
function forgottenVersion(versions: Float64Array, bucket: number): number {
  return versions[bucket] ?? 0;
}

function isDeadBefore(record: StoredRecord, time: number): boolean {
  return (deadAt(record) ?? Number.POSITIVE_INFINITY) < time;
}
