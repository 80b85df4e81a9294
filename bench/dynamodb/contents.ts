// Puts items into the tables of two nodes, as fast as the endpoint takes them: of the shape that the nodes leave behind,
// but for the values.
import { BatchWriteItemCommand, type DynamoDBClient, type WriteRequest } from '@aws-sdk/client-dynamodb';
import { EPOCH_MS } from '../../lib/limits.ts';
import type { StoredRecord } from '../../lib/record.ts';
import { itemOf } from '../../lib/store/dynamodb/item.ts';
import { recordKey } from '../../lib/store/dynamodb/table.ts';
import type { Replication } from '../../lib/store/store.ts';
import { keyAt, valueAt } from '../workload.ts';

export interface Place {
  readonly client: DynamoDBClient;
  readonly table: string;
}

/** What DynamoDB takes in one request. */
const ITEMS_A_BATCH = 25;
const REQUESTS_AT_ONCE = 4;

/** When they were written: before the epoch that is measured. */
const WRITTEN_AT = Date.now() - 60_000;

/** The `i`th record, in a certain version. */
export function recordAt(i: number, version = 1): StoredRecord {
  return { key: keyAt(i), value: valueAt(i), epoch: WRITTEN_AT, version, updatedAt: WRITTEN_AT };
}

const ACKNOWLEDGED: Replication = {
  status: 'replicated',
  replicatedAt: WRITTEN_AT,
  attempts: [{ at: WRITTEN_AT, durationMs: 3, outcome: 'applied' }],
};
const FAILED: Replication = {
  status: 'replication_failed',
  nextAttemptAt: WRITTEN_AT,
  attempts: [{ at: WRITTEN_AT, durationMs: 3, outcome: 'failed', error: 'replica answered 500' }],
};

/** As on a primary, once the replica has it. */
export const acknowledged = (record: StoredRecord): WriteRequest => put(record, ACKNOWLEDGED);
/** As on a primary, in its backlog. */
export const inBacklog = (record: StoredRecord): WriteRequest => put(record, FAILED);
/** As on a replica. */
export const copied = (record: StoredRecord): WriteRequest => put(record, undefined);
export const lost = ({ key }: StoredRecord): WriteRequest => ({ DeleteRequest: { Key: recordKey(key) } });

function put(record: StoredRecord, replication: Replication | undefined): WriteRequest {
  return { PutRequest: { Item: itemOf(record, replication, EPOCH_MS) } };
}

export async function writeAll({ client, table }: Place, requests: readonly WriteRequest[]): Promise<void> {
  let next = 0;
  const write = async () => {
    while (next < requests.length) {
      const some = requests.slice(next, next + ITEMS_A_BATCH);
      next += some.length;
      await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: some } }));
    }
  };
  await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, write));
}

/** Records `from` to `to` on both nodes, alike. */
export async function fillBoth(primary: Place, replica: Place, from: number, to: number): Promise<void> {
  const records = Array.from({ length: to - from }, (_, i) => recordAt(from + i));
  await Promise.all([writeAll(primary, records.map(acknowledged)), writeAll(replica, records.map(copied))]);
}
