// A write of a client: what it asks for, and what has become of it.
import type { Expiry } from '../expiry.ts';
import type { Stamp, StoredRecord } from '../record.ts';
import type { Condition } from '../store/store.ts';
import type { Patch } from './patch.ts';
import type { Delivery } from './shipping/ship.ts';

/** A deletion has neither a value nor a patch. */
export interface WriteRequest {
  readonly key: string;
  /** JSON text. */
  readonly value?: string;
  readonly expiry?: Expiry;
  readonly patch?: Patch;
  readonly condition?: Condition;
  /** Names this write of the key: one that has been done is not done again. */
  readonly idempotencyKey?: string;
  /** It is answered as soon as it is stored, and copied later. */
  readonly isAsync?: boolean;
}

/** A write that is stored. */
export interface Stored {
  /** What it wrote. Of a write that is repeated, and that others have replaced since, the value may be forgotten. */
  readonly record: Stamp & Pick<StoredRecord, 'key' | 'value' | 'updatedAt'>;
  /** Whether the key had no live value before. */
  readonly created: boolean;
  /** It was stored before, under the same Idempotency-Key. */
  readonly isRepeat: boolean;
}

/** A write that is stored, and that has been tried to copy. */
export interface Written extends Stored {
  readonly delivery: Delivery;
}

/** A write that is stored, and may still be on its way to the replica. */
export interface UnderWay extends Stored {
  readonly delivery: Promise<Delivery>;
}
