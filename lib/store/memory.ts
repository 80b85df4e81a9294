// The in-memory store. A map finds a key; sorted maps serve the queries, so that a page costs what it holds.
import { randomUUID } from 'node:crypto';
import { bucketOf } from '../digest.ts';
import { TandemError } from '../errors.ts';
import { compareStamps, deadAt, isLive, type StoredRecord } from '../record.ts';
import { holds } from './condition.ts';
import { DigestIndex } from './digest-index.ts';
import { initialReplication, isAcknowledged, settled } from './replication-state.ts';
import { SortedMap } from './sorted-map.ts';
import type { Entry, Page, Replication, Store } from './store.ts';
import { compareUtf8 } from './utf8-order.ts';

/** The place of a key, which stays as entries come and go. */
interface Slot {
  readonly bucket: number;
  entry: Entry;
}

/** `entriesIn` ends a page at the first whole bucket from this many entries on. */
const BUCKET_PAGE = 1000;

/** @param maxBytes what records may take, by the estimate of `weigh`; beyond it writes get `store_full` */
export function memoryStore(maxBytes: number): Store {
  const slots = new Map<string, Slot>();
  const live = new SortedMap<string, Slot>(compareUtf8);
  const expiring = new SortedMap<StoredRecord>(byExpiry);
  const unacknowledged = new SortedMap<Update, Slot>(byUpdate);
  const mortal = new SortedMap<StoredRecord>(byDeath);
  const digests = new DigestIndex<Slot>();
  let bytes = 0;
  let highest = 0;
  /** The highest version that was forgotten: a key written again starts above it, so that no stamp returns. */
  let droppedVersion = 0;

  /** Takes the keys that have expired out of the listing. Their slots stay and keep their versions. */
  function sweep(now: number): void {
    for (let next = expiring.first(); next && !isLive(next, now); next = expiring.first()) {
      expiring.delete(next);
      live.delete(next.key);
    }
  }

  function put(old: Slot | undefined, record: StoredRecord, replication: Replication | undefined): Entry {
    const before = old?.entry.record;
    const growth = weigh(record) - (before ? weigh(before) : 0);
    if (growth > 0 && bytes + growth > maxBytes) {
      throw new TandemError('store_full', 'The store is full: delete something, or raise MEMORY_LIMIT_MB.');
    }
    bytes += growth;
    const entry: Entry = { record, ...(replication && { replication }) };
    const slot = old ?? { bucket: bucketOf(record.key), entry };
    if (before) {
      digests.remove(slot.bucket, before, slot);
      forgetTimes(before);
    } else {
      slots.set(record.key, slot);
    }
    digests.add(slot.bucket, record, slot);
    if (deadAt(record) !== undefined) mortal.set(record, undefined);
    if (record.expiresAt !== undefined) expiring.set(record, undefined);
    if (record.value === undefined) live.delete(record.key);
    else if (before?.value === undefined || before.expiresAt !== undefined) live.set(record.key, slot);
    replace(slot, entry);
    return entry;
  }

  function forgetTimes(record: StoredRecord): void {
    if (record.expiresAt !== undefined) expiring.delete(record);
    if (deadAt(record) !== undefined) mortal.delete(record);
  }

  function replace(slot: Slot, entry: Entry): void {
    if (!isAcknowledged(slot.entry)) unacknowledged.delete(slot.entry.record);
    if (!isAcknowledged(entry)) unacknowledged.set(entry.record, slot);
    slot.entry = entry;
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
      return slots.get(key)?.entry;
    },

    async write({ key, value, expiresAt, epoch, now, leaseUntil, condition }) {
      const old = slots.get(key);
      const current = old?.entry;
      const found = current && isLive(current.record, now) ? current.record : undefined;
      const nothingToDelete = value === undefined && found === undefined;
      if (nothingToDelete || !holds(condition, found)) return { outcome: 'refused', ...(current && { current }) };
      const record: StoredRecord = {
        key,
        epoch,
        version: (current?.record.version ?? droppedVersion) + 1,
        updatedAt: now,
        ...(value !== undefined && { value }),
        ...(expiresAt !== undefined && { expiresAt }),
      };
      return { outcome: 'written', entry: put(old, record, initialReplication(leaseUntil)), created: !found };
    },

    async apply(record, replication) {
      const old = slots.get(record.key);
      const order = old ? compareStamps(record, old.entry.record) : 1;
      if (order > 0) put(old, record, replication);
      return order > 0 ? 'applied' : order === 0 ? 'same' : 'superseded';
    },

    async settle(key, stamp, attempt, nextAttemptAt) {
      const slot = slots.get(key);
      if (slot?.entry.replication === undefined || compareStamps(slot.entry.record, stamp) !== 0) return;
      const { record, replication } = slot.entry;
      replace(slot, { record, replication: settled(replication, attempt, nextAttemptAt) });
    },

    async list({ prefix, cursor, limit, now }) {
      sweep(now);
      const isLater = cursor !== undefined && compareUtf8(cursor, prefix) >= 0;
      const found = isLater ? live.after(cursor) : live.from(prefix);
      return pageOf(
        takeWhile(found, ([key]) => key.startsWith(prefix)),
        limit,
        ({ record }) => record.key,
      );
    },

    async count(now) {
      sweep(now);
      return live.size;
    },

    async backlog({ cursor, limit }) {
      const found = cursor === undefined ? unacknowledged.from(undefined) : unacknowledged.after(parseUpdate(cursor));
      return pageOf(found, limit, ({ record }) => `${record.updatedAt} ${record.key}`);
    },

    async backlogSize() {
      const oldest = unacknowledged.first()?.updatedAt;
      return { count: unacknowledged.size, ...(oldest !== undefined && { oldest }) };
    },

    async dead({ before, limit }) {
      const records: StoredRecord[] = [];
      for (const [record] of mortal.from(undefined)) {
        if (records.length === limit || (deadAt(record) as number) >= before) break;
        if (isAcknowledged((slots.get(record.key) as Slot).entry)) records.push(record);
      }
      return records;
    },

    async drop(key, stamp) {
      const slot = slots.get(key);
      if (!slot || compareStamps(slot.entry.record, stamp) !== 0) return;
      const { record } = slot.entry;
      droppedVersion = Math.max(droppedVersion, stamp.version);
      bytes -= weigh(record);
      slots.delete(key);
      digests.remove(slot.bucket, record, slot);
      forgetTimes(record);
      live.delete(key);
      unacknowledged.delete(record);
    },

    async digests() {
      return digests.sums.slice();
    },

    async entriesIn(buckets, cursor) {
      const entries: Entry[] = [];
      for (let i = Number(cursor ?? 0); i < buckets.length; i++) {
        if (entries.length >= BUCKET_PAGE) return { entries, cursor: String(i) };
        for (const slot of digests.membersOf(buckets[i] as number)) entries.push(slot.entry);
      }
      return { entries };
    },
  };
}

/** Bytes that a record takes in memory, indexes included: an estimate; `npm run bench` shows the real figure. */
function weigh(record: StoredRecord): number {
  return 400 + record.key.length + (record.value?.length ?? 0);
}

type Update = Pick<StoredRecord, 'updatedAt' | 'key'>;

function byUpdate(a: Update, b: Update): number {
  return a.updatedAt - b.updatedAt || compareUtf8(a.key, b.key);
}

function byExpiry(a: StoredRecord, b: StoredRecord): number {
  return (a.expiresAt ?? 0) - (b.expiresAt ?? 0) || compareUtf8(a.key, b.key);
}

function byDeath(a: StoredRecord, b: StoredRecord): number {
  return (deadAt(a) ?? 0) - (deadAt(b) ?? 0) || compareUtf8(a.key, b.key);
}

function parseUpdate(cursor: string): Update {
  const space = cursor.indexOf(' ');
  return { updatedAt: Number(cursor.slice(0, space)), key: cursor.slice(space + 1) };
}

function pageOf(found: Iterable<[unknown, Slot]>, limit: number, cursorOf: (entry: Entry) => string): Page {
  const entries: Entry[] = [];
  for (const [, slot] of found) {
    if (entries.length === limit) return { entries, cursor: cursorOf(entries.at(-1) as Entry) };
    entries.push(slot.entry);
  }
  return { entries };
}

function* takeWhile<T>(items: Iterable<T>, test: (item: T) => boolean): Generator<T> {
  for (const item of items) {
    if (!test(item)) return;
    yield item;
  }
}
