// Who wants to know of what changes in a store.
import type { StoredRecord } from '../record.ts';

export interface StoreObserver {
  /** A record that lists a divergent write has been put here. */
  readonly onListed?: ((listed: StoredRecord) => void) | undefined;
  /** The record of a client's key is another one. */
  readonly onChanged?: ((key: string) => void) | undefined;
}
