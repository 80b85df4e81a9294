// A page of the live records of a node, in the order of their keys: bounded in number and in bytes.
import { MAX_BATCH_BYTES, MAX_BATCH_RECORDS } from '../limits.ts';
import type { RecordPage } from '../peer/wire.ts';
import type { StoredRecord } from '../record.ts';
import type { Store } from '../store/store.ts';
import { batchBytes } from './shipping/batches.ts';

/** @param after the last key of the page before; `null`: the first page. @param now time in milliseconds */
export async function recordPage(store: Store, after: string | null, now: number): Promise<RecordPage> {
  const query = { prefix: '', limit: MAX_BATCH_RECORDS, now };
  const { heads, cursor } = await store.list(after === null ? query : { ...query, cursor: after });
  const records: StoredRecord[] = [];
  let bytes = 0;
  let last: string | undefined;
  for (const { key } of heads) {
    const entry = await store.get(key);
    bytes += entry ? batchBytes(entry.record) : 0;
    if (last !== undefined && bytes > MAX_BATCH_BYTES) return { records, last };
    if (entry) records.push(entry.record);
    last = key;
  }
  return { records, ...(cursor !== undefined && last !== undefined && { last }) };
}
