// The in-memory store. A map finds a key; sorted maps serve the queries, so that a page costs what it holds.
import { nodeCrypto } from '../builtin.ts';
import { BUCKETS, BUCKETS_PER_GROUP, bucketOf, bucketsOfGroup, groupSums } from '../digest.ts';
import { TandemError } from '../errors.ts';
import { compareStamps, deadAt, isLive, type StoredRecord } from '../record.ts';
import { refusalOf } from './condition.ts';
import { DigestIndex } from './digest-index.ts';
import { headOf } from './head.ts';
import { initialReplication, isAcknowledged, settled } from './replication-state.ts';
import { SortedMap } from './sorted-map.ts';
import type { Entry, EntryHead, Replication, Store } from './store.ts';
import { compareUtf8 } from './utf8-order.ts';

/** The place of a key, which stays as entries come and go. */
interface Slot {
  readonly bucket: number;
  entry: Entry;
}

/** A page of `headsIn` has at most so many entries, and about so many characters of keys. */
const BUCKET_PAGE = { entries: 2000, keyLength: 256 * 1024 };

/** @param maxBytes what records may take, by the estimate of `weigh`; beyond it writes get `store_full` */
export function memoryStore(maxBytes: number): Store {
  const slots = new Map<string, Slot>();
  const live = new SortedMap<string, Slot>(compareUtf8);
  const expiring = new SortedMap<StoredRecord, Slot>(byExpiry);
  const expired = new SortedMap<StoredRecord, Slot>(byExpiry);
  const unacknowledged = new SortedMap<Update, Slot>(byUpdate);
  const mortal = new SortedMap<StoredRecord>(byDeath);
  const digests = new DigestIndex<Slot>();
  let bytes = 0;
  let highest = 0;
  let id: string | undefined;
  /** For each bucket the highest version that was forgotten: a new key starts above it, so that no stamp returns. */
  const dropped = new Float64Array(BUCKETS);

  /** Takes the keys that have expired by `now` out of the listing, and puts others back, should the clock have gone back. */
  function sweep(now: number): void {
    for (let next = expiring.first(); next && !isLive(next[0], now); next = expiring.first()) {
      const [record, slot] = next;
      expiring.delete(record);
      expired.set(record, slot);
      live.delete(record.key);
    }
    for (let last = expired.last(); last && isLive(last[0], now); last = expired.last()) {
      const [record, slot] = last;
      expired.delete(record);
      expiring.set(record, slot);
      live.set(record.key, slot);
    }
  }

  /** @param bucket of the key: hashing it is dear, so that it is done once */
  function put(old: Slot | undefined, bucket: number, record: StoredRecord, replication?: Replication): Entry {
    const before = old?.entry.record;
    const growth = weigh(record) - (before ? weigh(before) : 0);
    if (growth > 0 && bytes + growth > maxBytes) {
      throw new TandemError('store_full', STORE_FULL);
    }
    bytes += growth;
    const entry: Entry = { record, ...(replication && { replication }) };
    const slot = old ?? { bucket, entry };
    if (before) forgetTimes(before);
    else slots.set(record.key, slot);
    digests.put(slot.bucket, slot, before, record);
    if (deadAt(record) !== undefined) mortal.set(record, undefined);
    if (record.expiresAt !== undefined) expiring.set(record, slot);
    if (record.value === undefined) live.delete(record.key);
    else if (before?.value === undefined || before.expiresAt !== undefined) live.set(record.key, slot);
    replace(slot, entry);
    return entry;
  }

  function forgetTimes(record: StoredRecord): void {
    expiring.delete(record);
    expired.delete(record);
    if (deadAt(record) !== undefined) mortal.delete(record);
  }

  function replace(slot: Slot, entry: Entry): void {
    if (!isAcknowledged(slot.entry)) unacknowledged.delete(slot.entry.record);
    if (!isAcknowledged(entry)) unacknowledged.set(entry.record, slot);
    slot.entry = entry;
  }

  return {
    kind: 'memory',
    get id() {
      id ??= nodeCrypto().randomUUID();
      return id;
    },

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

    async write(change) {
      const { key, value, expiresAt, epoch, now, updatedAt = now, leaseUntil } = change;
      const old = slots.get(key);
      const bucket = old?.bucket ?? bucketOf(key);
      const current = old?.entry;
      const refused = refusalOf(change, current);
      if (refused) return refused;
      const found = current !== undefined && isLive(current.record, now);
      const record: StoredRecord = {
        key,
        epoch,
        version: (current?.record.version ?? (dropped[bucket] as number)) + 1,
        updatedAt: Math.max(updatedAt, current?.record.updatedAt ?? 0),
        ...(value !== undefined && { value }),
        ...(expiresAt !== undefined && { expiresAt }),
      };
      return { outcome: 'written', entry: put(old, bucket, record, initialReplication(leaseUntil)), created: !found };
    },

    async apply(record, replication) {
      const old = slots.get(record.key);
      const order = old ? compareStamps(record, old.entry.record) : 1;
      if (order > 0) put(old, old?.bucket ?? bucketOf(record.key), record, replication);
      return order > 0 ? 'applied' : order === 0 ? 'same' : 'superseded';
    },

    async settle({ key, epoch, version }, attempt, nextAttemptAt) {
      const slot = slots.get(key);
      if (slot?.entry.replication === undefined || compareStamps(slot.entry.record, { epoch, version }) !== 0) return;
      const { record, replication } = slot.entry;
      replace(slot, { record, replication: settled(replication, attempt, nextAttemptAt) });
    },

    async list({ prefix, cursor, limit, now }) {
      sweep(now);
      const isLater = cursor !== undefined && compareUtf8(cursor, prefix) >= 0;
      const found = isLater ? live.after(cursor) : live.from(prefix);
      const { items, isLast } = take(
        takeWhile(found, ([key]) => key.startsWith(prefix)),
        limit,
      );
      const heads = items.map(headOf);
      return { heads, ...(!isLast && { cursor: (heads.at(-1) as EntryHead).key }) };
    },

    async count(now) {
      sweep(now);
      return { count: live.size, isAtLeast: false };
    },

    async backlog({ cursor, limit }) {
      const found = cursor === undefined ? unacknowledged.from(undefined) : unacknowledged.after(parseUpdate(cursor));
      const { items: entries, isLast } = take(found, limit);
      const { updatedAt, key } = entries.at(-1)?.record ?? {};
      return { entries, ...(!isLast && { cursor: `${updatedAt} ${key}` }) };
    },

    async backlogSize() {
      const oldest = unacknowledged.first()?.[0].updatedAt;
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

    async drop(key, stamp, before) {
      const slot = slots.get(key);
      if (!slot || compareStamps(slot.entry.record, stamp) > 0) return;
      const { record } = slot.entry;
      const isSame = compareStamps(record, stamp) === 0;
      if (isSame && !((deadAt(record) ?? Number.POSITIVE_INFINITY) < before)) return;
      dropped[slot.bucket] = Math.max(dropped[slot.bucket] as number, stamp.version);
      bytes -= weigh(record);
      slots.delete(key);
      digests.remove(slot.bucket, slot, record);
      forgetTimes(record);
      live.delete(key);
      unacknowledged.delete(record);
    },

    async groupSums() {
      return groupSums(digests.sums);
    },

    async digests(groups) {
      const found = new BigUint64Array(groups.length * BUCKETS_PER_GROUP);
      groups.forEach((group, i) => {
        found.set(bucketsOfGroup(digests.sums, group), i * BUCKETS_PER_GROUP);
      });
      return found;
    },

    async headsIn(buckets, cursor) {
      const heads: EntryHead[] = [];
      let keyLength = 0;
      let [i = 0, skip = 0] = (cursor ?? '0 0').split(' ').map(Number);
      for (; i < buckets.length; i++, skip = 0) {
        let position = 0;
        for (const { entry } of digests.membersOf(buckets[i] as number)) {
          if (position++ < skip) continue;
          const isFull = heads.length === BUCKET_PAGE.entries || keyLength > BUCKET_PAGE.keyLength;
          if (isFull) return { heads, cursor: `${i} ${position - 1}` };
          heads.push(headOf(entry));
          keyLength += entry.record.key.length;
        }
      }
      return { heads };
    },
  };
}

const STORE_FULL =
  'The store is full. Delete something (what is deleted or expired takes room until RETENTION_SECONDS are over), or raise MEMORY_LIMIT_MB.';

/** Bytes that a record takes in memory, indexes included: an estimate; `npm run bench` shows the real figure. */
function weigh(record: StoredRecord): number {
  return 700 + sizeOf(record.key) + (record.value === undefined ? 0 : sizeOf(record.value));
}

/** One byte a character for ASCII; else two, which is never too few. */
function sizeOf(text: string): number {
  return Buffer.byteLength(text) === text.length ? text.length : 2 * text.length;
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

/** The entries of the first slots, `limit` at most. */
function take(found: Iterable<[unknown, Slot]>, limit: number): { items: Entry[]; isLast: boolean } {
  const items: Entry[] = [];
  for (const [, { entry }] of found) {
    if (items.length === limit) return { items, isLast: false };
    items.push(entry);
  }
  return { items, isLast: true };
}

function* takeWhile<T>(items: Iterable<T>, test: (item: T) => boolean): Generator<T> {
  for (const item of items) {
    if (!test(item)) return;
    yield item;
  }
}
