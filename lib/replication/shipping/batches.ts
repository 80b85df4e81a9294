// Cuts records into requests that the replica accepts: bounded in number and in bytes.
import { MAX_BATCH_BYTES, MAX_BATCH_RECORDS, MAX_DURABLE_BATCH_RECORDS } from '../../limits.ts';
import type { StoredRecord } from '../../record.ts';
import type { Store } from '../../store/store.ts';

/**
 * A batch has at least one item, however large.
 * @param recordOf the record in an item
 */
export function* batches<T>(
  items: Iterable<T>,
  recordOf: (item: T) => StoredRecord,
  maxRecords = MAX_BATCH_RECORDS,
): Generator<T[]> {
  let batch: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const size = batchBytes(recordOf(item));
    if (batch.length > 0 && (batch.length === maxRecords || bytes + size > MAX_BATCH_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(item);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

/** Records that a repair ships in one request: the nodes have stores of one kind. */
export function batchSize({ nodeState }: Store): number {
  return nodeState ? MAX_DURABLE_BATCH_RECORDS : MAX_BATCH_RECORDS;
}

/** Cuts a list into parts that one request may name. */
export function* slices<T>(items: readonly T[]): Generator<T[]> {
  for (let i = 0; i < items.length; i += MAX_BATCH_RECORDS) yield items.slice(i, i + MAX_BATCH_RECORDS);
}

/** About what a record takes in a request: UTF-16 units of key and value, doubled for escaping. */
export function batchBytes({ key, value = '', remembered = [] }: StoredRecord): number {
  return 100 + 2 * (key.length + value.length) + remembered.length * REMEMBERED_BYTES;
}

/** Of a write that is remembered, at most about. */
const REMEMBERED_BYTES = 300;
