// What an entry looks like on a page of keys: without its value, or with it.
import { deadAt, type StoredRecord } from '../record.ts';
import type { ChangedKey, Entry, EntryHead } from './store.ts';

export function headOf({ record, replication }: Entry): EntryHead {
  const { key, epoch, version, updatedAt } = record;
  const dead = deadAt(record);
  return {
    key,
    epoch,
    version,
    updatedAt,
    ...(dead !== undefined && { deadAt: dead }),
    ...(replication && { status: replication.status }),
  };
}

/** @param values whether its value is asked for */
export function changedKey(record: StoredRecord, values: boolean): ChangedKey {
  const { key, epoch, version, updatedAt, expiresAt, value } = record;
  return {
    key,
    epoch,
    version,
    updatedAt,
    isDeletion: value === undefined,
    ...(expiresAt !== undefined && { expiresAt }),
    ...(values && value !== undefined && { value }),
  };
}

export function headWithValue(entry: Entry): EntryHead {
  const { value } = entry.record;
  return { ...headOf(entry), ...(value !== undefined && { value }) };
}
