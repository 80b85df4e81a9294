// Forgets dead records of an in-memory store, some at a time, so that a million of them stall nobody.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { deadAt, isLive, type StoredRecord } from '../../record.ts';
import { isAcknowledged } from '../replication-state.ts';
import type { Forgettable } from '../store.ts';
import type { Records, Slot } from './records.ts';

/** Records that are looked at in one turn of the event loop: a few milliseconds. */
const AT_A_TIME = 1000;

/** @returns how many records */
export async function forgetRecords(records: Records, which: Forgettable): Promise<number> {
  let forgotten = 0;
  let last: StoredRecord | undefined;
  do {
    if (last) await nextTurn();
    const { slots, end } = longDead(records, which.before, last);
    for (const slot of slots) {
      if (!isForgettable(slot, which)) continue;
      records.forget(slot);
      forgotten++;
    }
    last = end;
  } while (last);
  return forgotten;
}

/** The next records that died before a time. @returns the last of them in `end`, if there may be more */
function longDead(
  records: Records,
  before: number,
  after: StoredRecord | undefined,
): { slots: Slot[]; end?: StoredRecord } {
  const slots: Slot[] = [];
  const found = after ? records.mortal.after(after) : records.mortal.from(undefined);
  for (const [record, slot] of found) {
    if ((deadAt(record) ?? Number.POSITIVE_INFINITY) >= before) break;
    slots.push(slot);
    if (slots.length === AT_A_TIME) return { slots, end: record };
  }
  return { slots };
}

function isForgettable({ entry: { record, replication } }: Slot, { epoch, now }: Forgettable): boolean {
  return record.epoch < epoch && !isLive(record, now) && isAcknowledged(replication);
}
