// The records of an in-memory node, and the indexes over them. A map finds a key; sorted maps serve the queries, so that
// a page costs what it holds. Every change of a record goes through here, so that the indexes agree.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { bucketOf } from '../../digest.ts';
import { divergentPrefix, isDivergentKey } from '../../divergent.ts';
import { TandemError } from '../../errors.ts';
import { MAX_DIVERGENT_BYTES } from '../../limits.ts';
import { deadAt, type StoredRecord } from '../../record.ts';
import type { RecordTable } from '../changes.ts';
import type { StoreObserver } from '../on-change.ts';
import { isAcknowledged } from '../replication-state.ts';
import type { Entry } from '../store.ts';
import { compareUtf8 } from '../utf8-order.ts';
import { type BucketMember, DigestIndex } from './digest-index.ts';
import { SortedMap } from './sorted-map.ts';

/** Keys that a sweep moves in one turn of the event loop: a few milliseconds. */
const AT_A_TIME = 1000;

/** The place of a key, which stays as entries come and go. */
export interface Slot extends BucketMember {
  readonly bucket: number;
  entry: Entry;
  /** In the feed; 0: it is in none. */
  place: number;
}

/** When a key expires, in milliseconds. */
interface Expiry {
  readonly expiresAt: number;
  readonly key: string;
}

export type Update = Pick<StoredRecord, 'updatedAt' | 'key'>;

export class Records implements RecordTable<Slot> {
  /** Keys with a value in UTF-8 byte order: the live ones, and those that have expired and have not been swept yet. */
  readonly live = new SortedMap<string, Slot>(compareUtf8);
  /** The backlog, oldest write first. */
  readonly unacknowledged = new SortedMap<Update, Slot>(byUpdate);
  /** Records that are dead or will be, in the order of their deaths. */
  readonly mortal = new SortedMap<StoredRecord, Slot>(byDeath);
  /** Divergent writes that nobody has acknowledged. */
  readonly divergent = new SortedMap<string, Slot>(compareUtf8);
  /** Records of clients' keys in the order in which they came here. */
  readonly feed = new SortedMap<number, Slot>((a, b) => a - b);
  readonly digests = new DigestIndex<Slot>();
  readonly #slots = new Map<string, Slot>();
  /** What of `live` expires, and what has been taken out of it. */
  readonly #expiring = new SortedMap<Expiry, Slot>(byExpiry);
  readonly #expired = new SortedMap<Expiry, Slot>(byExpiry);
  readonly #maxBytes: number;
  readonly #observer: StoreObserver;
  #lastPlace = 0;
  #forgottenPlace = 0;
  #bytes = 0;
  #divergentBytes = 0;
  #swept = Promise.resolve();
  /** What has expired by this time may be out of `live`: nothing else is. */
  #takenTo = 0;

  /**
   * @param maxBytes what records may take, by the estimate of `weigh`
   */
  constructor(maxBytes: number, observer: StoreObserver) {
    this.#maxBytes = maxBytes;
    this.#observer = observer;
  }

  /** The place of the last change in the feed; 0: there was none. */
  get lastPlace(): number {
    return this.#lastPlace;
  }

  /** The place of the last record that was forgotten; 0: none was. */
  get forgottenPlace(): number {
    return this.#forgottenPlace;
  }

  get(key: string): Slot | undefined {
    return this.#slots.get(key);
  }

  get listedCount(): number {
    return this.divergent.size;
  }

  listedOf(key: string): readonly StoredRecord[] {
    const prefix = divergentPrefix(key);
    const found: StoredRecord[] = [];
    for (const [listed, { entry }] of this.divergent.from(prefix)) {
      if (!listed.startsWith(prefix)) break;
      found.push(entry.record);
    }
    return found;
  }

  /**
   * Puts an entry in the place of what its key had.
   * @param old the slot of the key, if it has one
   * @throws TandemError `store_full` when there is no room; nothing has changed then
   */
  put(old: Slot | undefined, entry: Entry): void {
    const { record } = entry;
    const before = old?.entry.record;
    const growth = weigh(record) - (before ? weigh(before) : 0);
    const isListed = isDivergentKey(record.key);
    if (isListed) this.#divergentBytes += growth;
    else this.#take(growth);
    const slot = old ?? { bucket: bucketOf(record.key), position: 0, entry, place: 0 };
    if (before) this.#removeTimes(before);
    else this.#slots.set(record.key, slot);
    this.digests.put(slot.bucket, slot, before, record);
    if (deadAt(record) !== undefined) this.mortal.set(record, slot);
    const shown = isListed ? this.divergent : this.live;
    if (record.value === undefined) shown.delete(record.key);
    else if (before?.value === undefined || before.expiresAt !== undefined) shown.set(record.key, slot);
    if (shown === this.live && record.value !== undefined && isMortal(record)) this.#expiring.set(record, slot);
    this.replace(slot, entry);
    if (!isListed) this.#placeLast(slot);
    else if (before === undefined && record.value !== undefined) this.#observer.onListed?.(record);
  }

  #placeLast(slot: Slot): void {
    if (slot.place > 0) this.feed.delete(slot.place);
    this.#lastPlace++;
    slot.place = this.#lastPlace;
    this.feed.set(slot.place, slot);
    this.#observer.onChanged?.(slot.entry.record.key);
  }

  /** Puts another entry with the same record, or a record just put, into a slot: its place in the backlog may change. */
  replace(slot: Slot, entry: Entry): void {
    const { record, replication } = slot.entry;
    if (!isAcknowledged(replication)) this.unacknowledged.delete(record);
    if (!isAcknowledged(entry.replication)) this.unacknowledged.set(entry.record, slot);
    slot.entry = entry;
  }

  /** Forgets a key and all that is known of it. */
  forget(slot: Slot): void {
    const { record } = slot.entry;
    if (isDivergentKey(record.key)) this.#divergentBytes -= weigh(record);
    else this.#bytes -= weigh(record);
    this.feed.delete(slot.place);
    this.#forgottenPlace = Math.max(this.#forgottenPlace, slot.place);
    this.#slots.delete(record.key);
    this.digests.remove(slot.bucket, slot, record);
    this.#removeTimes(record);
    this.live.delete(record.key);
    this.divergent.delete(record.key);
    this.unacknowledged.delete(record);
  }

  hasRoomForDivergent(write: StoredRecord): boolean {
    return this.#divergentBytes + weigh(write) <= MAX_DIVERGENT_BYTES;
  }

  /** How many keys are live at `now`. Only right after `sweep`. */
  liveAt(now: number): number {
    return this.live.size - this.#expiring.countBefore({ expiresAt: now + 1, key: '' });
  }

  /**
   * Takes keys that have expired by `now` out of the listing, some at a time, so that a million that expire at once stall
   * nobody. Nobody waits for that, either: who lists keys passes over those that are still there. One sweep runs after the
   * other.
   * @returns when to list keys, if not at once: the clock has gone back, and those that are live again are put back first
   */
  sweep(now: number): Promise<void> | undefined {
    const isBack = now < this.#takenTo;
    this.#swept = this.#swept.then(async () => {
      this.#takenTo = Math.max(this.#takenTo, now);
      while (this.#sweepSome(now) === AT_A_TIME) await nextTurn();
      this.#takenTo = now;
    });
    return isBack ? this.#swept : undefined;
  }

  /** @returns how many keys were moved */
  #sweepSome(now: number): number {
    let moved = 0;
    for (let next = this.#expiring.first(); next && next[0].expiresAt <= now; next = this.#expiring.first()) {
      if (moved++ === AT_A_TIME) return AT_A_TIME;
      const [expiry, slot] = next;
      this.#expiring.delete(expiry);
      this.#expired.set(expiry, slot);
      this.live.delete(expiry.key);
    }
    for (let last = this.#expired.last(); last && last[0].expiresAt > now; last = this.#expired.last()) {
      if (moved++ === AT_A_TIME) return AT_A_TIME;
      const [expiry, slot] = last;
      this.#expired.delete(expiry);
      this.#expiring.set(expiry, slot);
      this.live.set(expiry.key, slot);
    }
    return moved;
  }

  /** @param growth in bytes; negative when room is given back */
  #take(growth: number): void {
    if (growth > 0 && this.#bytes + growth > this.#maxBytes) throw new TandemError('store_full', STORE_FULL);
    this.#bytes += growth;
  }

  #removeTimes(record: StoredRecord): void {
    if (isMortal(record)) {
      this.#expiring.delete(record);
      this.#expired.delete(record);
    }
    if (deadAt(record) !== undefined) this.mortal.delete(record);
  }
}

const STORE_FULL =
  'The store is full. Delete something (what is deleted or expired takes room until RETENTION_SECONDS are over), or raise MEMORY_LIMIT_MB.';

/** Bytes that a record takes in memory, indexes included: an estimate; `npm run bench` shows the real figure. */
function weigh({ key, value, base, remembered = [] }: StoredRecord): number {
  const more = (base === undefined ? 0 : BASE_BYTES) + remembered.length * REMEMBERED_BYTES;
  return 750 + sizeOf(key) + (value === undefined ? 0 : sizeOf(value)) + more;
}

/** Of a base: an object of two numbers. */
const BASE_BYTES = 72;
/** Of a write that is remembered: an object of two numbers and two short texts. */
const REMEMBERED_BYTES = 350;

/** One byte a character for ASCII; else two, which is never too few. */
function sizeOf(text: string): number {
  return Buffer.byteLength(text) === text.length ? text.length : 2 * text.length;
}

function byUpdate(a: Update, b: Update): number {
  return a.updatedAt - b.updatedAt || compareUtf8(a.key, b.key);
}

function byExpiry(a: Expiry, b: Expiry): number {
  return a.expiresAt - b.expiresAt || compareUtf8(a.key, b.key);
}

function isMortal(record: StoredRecord): record is StoredRecord & Expiry {
  return record.expiresAt !== undefined;
}

function byDeath(a: StoredRecord, b: StoredRecord): number {
  return (deadAt(a) ?? 0) - (deadAt(b) ?? 0) || compareUtf8(a.key, b.key);
}
