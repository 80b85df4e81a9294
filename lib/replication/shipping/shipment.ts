// A record on its way to the replica.
import type { StoredRecord } from '../../record.ts';
import type { Entry } from '../../store/store.ts';

/** A record to send. */
export interface Shipment {
  readonly record: StoredRecord;
  /** How often it has failed before. */
  readonly failures: number;
  /** An epoch that was current when the record was read, in milliseconds. */
  readonly epoch: number;
  /** The key has no record any more. */
  readonly isForgotten?: boolean;
}

/** A shipment of a record that is not on the replica, as far as is known. */
export function shipmentOf({ record, replication }: Entry, epoch: number): Shipment {
  return { record, failures: replication?.attempts.length ?? 0, epoch };
}
