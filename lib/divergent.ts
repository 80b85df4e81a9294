// Divergent writes: those that a failover superseded unseen. A node lists each as a record of its own, beside the records of
// keys: so the list is replicated, compared, recovered and forgotten as they are. Its key cannot be one of a client's.
import { keyProblem } from './key.ts';
import { compareStamps, type Stamp, type StoredRecord } from './record.ts';

/** No key has it: half a surrogate pair is not Unicode text. */
const MARK = '\udc00';
/** One spelling of each: so a write has one name. */
const STAMP = /^([1-9]\d{0,14}) ([1-9]\d{0,14})$/;

/** Names one write of one key. */
export interface WriteName extends Stamp {
  readonly key: string;
}

/** The key under which a divergent write is listed. */
export function divergentKey({ key, epoch, version }: WriteName): string {
  return `${divergentPrefix(key)}${epoch} ${version}`;
}

/** What the keys of all divergent writes of a client's key begin with. */
export function divergentPrefix(key: string): string {
  return `${MARK}${key}${MARK}`;
}

export function isDivergentKey(key: string): boolean {
  return key.startsWith(MARK);
}

/** The write that is listed under a key; `undefined` when it is the key of a client. */
export function divergentWrite(key: string): WriteName | undefined {
  if (!isDivergentKey(key)) return undefined;
  const end = key.lastIndexOf(MARK);
  const [, epoch, version] = STAMP.exec(key.slice(end + 1)) ?? [];
  if (end === 0 || epoch === undefined || version === undefined) return undefined;
  return { key: key.slice(1, end), epoch: Number(epoch), version: Number(version) };
}

/** Where a write is in a list of divergent writes: a cursor, which is Unicode text as the key of the record is not. */
export function divergentPlace({ key, epoch, version }: WriteName): string {
  return `${epoch} ${version} ${key}`;
}

/** The write at a place; `undefined` when the text is none. */
export function writeAt(place: string): WriteName | undefined {
  const [, stamp, key] = /^(\d+ \d+) (.+)$/s.exec(place) ?? [];
  if (stamp === undefined || key === undefined || keyProblem(key) !== undefined) return undefined;
  return divergentWrite(`${divergentPrefix(key)}${stamp}`);
}

/** The key of a client that a record is about: its own, or that of a divergent write. */
export function clientKey(key: string): string {
  return divergentWrite(key)?.key ?? key;
}

/**
 * Whether the older of two records of a key is divergent: other contents wrote it than the newer one, and these had not seen
 * it. What they had seen of others is the base of the newer record.
 */
export function isDivergent(older: StoredRecord, newer: StoredRecord): boolean {
  if (isDivergentKey(older.key)) return false;
  const isOfOthers = older.writer === undefined || older.writer !== newer.writer;
  return isOfOthers && (newer.base === undefined || compareStamps(older, newer.base) > 0);
}

/**
 * Whether a newer record of the same key, or a newer listed write of it, had certainly seen a listed write: its contents wrote
 * right over it; or they wrote that, too, and nobody else in between. Then the write is not divergent, although others
 * superseded it unseen.
 */
export function hasSeen({ writer, base, ownSince, ...stamp }: StoredRecord, listed: StoredRecord): boolean {
  const write = divergentWrite(listed.key);
  if (write === undefined || compareStamps(stamp, write) <= 0) return false;
  const isOfItsWriter = writer !== undefined && writer === listed.writer;
  if (base === undefined) return isOfItsWriter && write.epoch >= (ownSince ?? stamp.epoch);
  const order = compareStamps(base, write);
  return order === 0 || (order < 0 && isOfItsWriter);
}

/** What takes a write from the list, once one of an epoch has seen it: the same deletion on whichever node makes it. */
export function dismissal({ key, version, updatedAt }: StoredRecord, { epoch }: StoredRecord): StoredRecord {
  // An epoch is a time. What has just been deleted must not count as long dead.
  return { key, epoch, version: version + 1, updatedAt: Math.max(updatedAt, epoch) };
}

/**
 * The record that lists a divergent write: the same on whichever node lists it.
 * @param keepsValue whether there is room for the value
 */
export function listing(write: StoredRecord, keepsValue: boolean): StoredRecord {
  const { epoch, version, updatedAt, value, writer, base, ownSince } = write;
  const kept = keepsValue ? `{"value":${value}}` : '{}';
  const text = value === undefined ? DELETED : kept;
  const lineage = { ...(base && { base }), ...(ownSince !== undefined && { ownSince }) };
  const origin = { ...(writer !== undefined && { writer }), ...lineage };
  return { key: divergentKey(write), epoch, version, updatedAt, value: text, ...origin };
}

const DELETED = '{"deleted":true}';

/** Whether the write that is listed by a record was a deletion. */
export function listsDeletion({ value }: StoredRecord): boolean {
  return value === DELETED;
}
