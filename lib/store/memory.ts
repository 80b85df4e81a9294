// The in-memory store. A map finds a key; sorted sets serve the queries, so that a page costs what it holds.
import { randomUUID } from 'node:crypto';
import { bucketOf } from '../digest.ts';
import { TandemError } from '../errors.ts';
import { compareStamps, deadAt, isLive, type StoredRecord } from '../record.ts';
import { holds } from './condition.ts';
import { DigestIndex } from './digest-index.ts';
import { initialReplication, isAcknowledged, settled } from './replication-state.ts';
import { SortedSet } from './sorted-set.ts';
import type { Entry, Page, Replication, Store } from './store.ts';
import { compareUtf8 } from './utf8-order.ts';

interface Slot extends Entry {
  readonly bucket: number;
}

/** `entriesIn` ends a page at the first whole bucket from this many entries on. */
const BUCKET_PAGE = 1000;

/** @param maxBytes what records may take, by the estimate of `weigh`; beyond it writes get `store_full` */
export function memoryStore(maxBytes: number): Store {
  const slots = new Map<string, Slot>();
  const liveKeys = new SortedSet<string>(compareUtf8);
  const expiring = new SortedSet<StoredRecord>(byExpiry);
  const unacknowledged = new SortedSet<Pick<StoredRecord, 'updatedAt' | 'key'>>(byUpdate);
  const mortal = new SortedSet<StoredRecord>(byDeath);
  const digests = new DigestIndex();
  let bytes = 0;
  let highest = 0;
  /** The highest version that was forgotten: a key written again starts above it, so that no stamp returns. */
  let droppedVersion = 0;

  /** Takes the keys that have expired out of the listing. Their slots stay and keep their versions. */
  function sweep(now: number): void {
    for (let next = expiring.first(); next && !isLive(next, now); next = expiring.first()) {
      expiring.delete(next);
      liveKeys.delete(next.key);
    }
  }

  function put(old: Slot | undefined, record: StoredRecord, replication: Replication | undefined): Slot {
    const growth = weigh(record) - (old ? weigh(old.record) : 0);
    if (growth > 0 && bytes + growth > maxBytes) {
      throw new TandemError('store_full', 'The store is full: delete something, or raise MEMORY_LIMIT_MB.');
    }
    bytes += growth;
    const slot = { record, bucket: old?.bucket ?? bucketOf(record.key), ...(replication && { replication }) };
    digests.replace(slot.bucket, old?.record, record);
    if (old?.record.expiresAt !== undefined) expiring.delete(old.record);
    if (old && deadAt(old.record) !== undefined) mortal.delete(old.record);
    if (deadAt(record) !== undefined) mortal.add(record);
    if (record.expiresAt !== undefined) expiring.add(record);
    if (record.value === undefined) liveKeys.delete(record.key);
    else if (old?.record.value === undefined || old.record.expiresAt !== undefined) liveKeys.add(record.key);
    replace(old, slot);
    return slot;
  }

  function replace(old: Slot | undefined, slot: Slot): void {
    if (old && !isAcknowledged(old)) unacknowledged.delete(old.record);
    if (!isAcknowledged(slot)) unacknowledged.add(slot.record);
    slots.set(slot.record.key, slot);
  }

  function pageOf(keys: Iterable<string>, limit: number, cursorOf: (entry: Entry) => string): Page {
    const entries: Entry[] = [];
    for (const key of keys) {
      if (entries.length === limit) return { entries, cursor: cursorOf(entries.at(-1) as Entry) };
      entries.push(slots.get(key) as Entry);
    }
    return { entries };
  }

  return {
    kind: 'memory',
    id: randomUUID(),

    async highestEpoch() {
      return highest;
    },

    async raiseEpoch(epoch) {
      highest = Math.max(highest, epoch);
      return highest;
    },

    async get(key) {
      return slots.get(key);
    },

    async write({ key, value, expiresAt, epoch, now, leaseUntil, condition }) {
      const old = slots.get(key);
      const live = old && isLive(old.record, now) ? old.record : undefined;
      const nothingToDelete = value === undefined && live === undefined;
      if (nothingToDelete || !holds(condition, live)) return { outcome: 'refused', ...(old && { current: old }) };
      const record: StoredRecord = {
        key,
        epoch,
        version: (old?.record.version ?? droppedVersion) + 1,
        updatedAt: now,
        ...(value !== undefined && { value }),
        ...(expiresAt !== undefined && { expiresAt }),
      };
      return { outcome: 'written', entry: put(old, record, initialReplication(leaseUntil)), created: !live };
    },

    async apply(record, replication) {
      const old = slots.get(record.key);
      const order = old ? compareStamps(record, old.record) : 1;
      if (order > 0) put(old, record, replication);
      return order > 0 ? 'applied' : order === 0 ? 'same' : 'superseded';
    },

    async settle(key, stamp, attempt, nextAttemptAt) {
      const old = slots.get(key);
      if (old?.replication === undefined || compareStamps(old.record, stamp) !== 0) return;
      replace(old, { ...old, replication: settled(old.replication, attempt, nextAttemptAt) });
    },

    async list({ prefix, cursor, limit, now }) {
      sweep(now);
      const isLater = cursor !== undefined && compareUtf8(cursor, prefix) >= 0;
      const keys = isLater ? liveKeys.after(cursor) : liveKeys.from(prefix);
      return pageOf(
        takeWhile(keys, (key) => key.startsWith(prefix)),
        limit,
        ({ record }) => record.key,
      );
    },

    async count(now) {
      sweep(now);
      return liveKeys.size;
    },

    async backlog({ cursor, limit }) {
      const records = unacknowledged.after(cursor === undefined ? undefined : parseBacklogCursor(cursor));
      return pageOf(keysOf(records), limit, ({ record }) => `${record.updatedAt} ${record.key}`);
    },

    async backlogSize() {
      const oldest = unacknowledged.first()?.updatedAt;
      return { count: unacknowledged.size, ...(oldest !== undefined && { oldest }) };
    },

    async dead({ before, limit }) {
      const records: StoredRecord[] = [];
      for (const record of mortal.after(undefined)) {
        if (records.length === limit || (deadAt(record) as number) >= before) break;
        if (isAcknowledged(slots.get(record.key) as Slot)) records.push(record);
      }
      return records;
    },

    async drop(key, stamp) {
      const slot = slots.get(key);
      if (!slot || compareStamps(slot.record, stamp) !== 0) return;
      droppedVersion = Math.max(droppedVersion, stamp.version);
      bytes -= weigh(slot.record);
      slots.delete(key);
      digests.remove(slot.bucket, slot.record);
      expiring.delete(slot.record);
      mortal.delete(slot.record);
      liveKeys.delete(key);
      if (!isAcknowledged(slot)) unacknowledged.delete(slot.record);
    },

    async digests() {
      return digests.sums.slice();
    },

    async entriesIn(buckets, cursor) {
      const entries: Entry[] = [];
      for (let i = Number(cursor ?? 0); i < buckets.length; i++) {
        if (entries.length >= BUCKET_PAGE) return { entries, cursor: String(i) };
        for (const key of digests.keysIn(buckets[i] as number)) entries.push(slots.get(key) as Entry);
      }
      return { entries };
    },
  };
}

/** Bytes that a record takes in memory, indexes included: an estimate; `npm run bench` shows the real figure. */
function weigh(record: StoredRecord): number {
  return 400 + record.key.length + (record.value?.length ?? 0);
}

function byUpdate(a: Pick<StoredRecord, 'updatedAt' | 'key'>, b: Pick<StoredRecord, 'updatedAt' | 'key'>): number {
  return a.updatedAt - b.updatedAt || compareUtf8(a.key, b.key);
}

function byExpiry(a: StoredRecord, b: StoredRecord): number {
  return (a.expiresAt ?? 0) - (b.expiresAt ?? 0) || compareUtf8(a.key, b.key);
}

function byDeath(a: StoredRecord, b: StoredRecord): number {
  return (deadAt(a) ?? 0) - (deadAt(b) ?? 0) || compareUtf8(a.key, b.key);
}

function parseBacklogCursor(cursor: string): Pick<StoredRecord, 'updatedAt' | 'key'> {
  const space = cursor.indexOf(' ');
  return { updatedAt: Number(cursor.slice(0, space)), key: cursor.slice(space + 1) };
}

function* keysOf(records: Iterable<Pick<StoredRecord, 'key'>>): Generator<string> {
  for (const { key } of records) yield key;
}

function* takeWhile<T>(items: Iterable<T>, test: (item: T) => boolean): Generator<T> {
  for (const item of items) {
    if (!test(item)) return;
    yield item;
  }
}
