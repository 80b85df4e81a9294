// How much room a page of keys has for their values, measured as the API shows them.
import { MAX_PAGE_BYTES } from '../limits.ts';
import type { StoredRecord } from '../record.ts';

/** What stands around the entries: most of it is room for a cursor, which is made of the longest key. */
const FRAME_BYTES = 10 * 1024;
/** What stands around a key and its value: stamp, status, time and the names of all of them. */
const ENTRY_BYTES = 140;
/** Values that are read at a time: at first no more than fit in however long they are. */
const FIRST_AT_A_TIME = 4;
const MOST_AT_A_TIME = 25;

export class PageRoom {
  #left = MAX_PAGE_BYTES - FRAME_BYTES;
  #taken = 0;
  #count = 0;

  /** Takes room for a record, which the first one always has. @returns whether there was enough */
  take({ key, value = '' }: Pick<StoredRecord, 'key' | 'value'>): boolean {
    const bytes = Buffer.byteLength(JSON.stringify(key)) + Buffer.byteLength(value) + ENTRY_BYTES;
    if (this.#count > 0 && bytes > this.#left) return false;
    this.#left -= bytes;
    this.#taken += bytes;
    this.#count++;
    return true;
  }

  /** How many records to read at a time: those for which there is room, should they be as long as the ones before. */
  get atATime(): number {
    if (this.#count === 0) return FIRST_AT_A_TIME;
    const fitting = Math.floor((this.#left * this.#count) / this.#taken);
    return Math.max(1, Math.min(fitting, MOST_AT_A_TIME));
  }
}
