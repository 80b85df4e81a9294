// The failure that anyone can cause by hand: a value that the replica refuses.
import type { StoredRecord } from '../record.ts';

const FAIL_VALUE = '"__fail__"';

/** Why the replica fails the record, in the words of the status; `undefined` for every other record. */
export function magicFault(record: StoredRecord): string | undefined {
  return record.value === FAIL_VALUE ? 'replica answered 500 (the value is "__fail__")' : undefined;
}
