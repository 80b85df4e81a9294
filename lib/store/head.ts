// What an entry looks like on a page of keys: without its value, or with it.
import { deadAt } from '../record.ts';
import type { Entry, EntryHead } from './store.ts';

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

export function headWithValue(entry: Entry): EntryHead {
  const { value } = entry.record;
  return { ...headOf(entry), ...(value !== undefined && { value }) };
}
