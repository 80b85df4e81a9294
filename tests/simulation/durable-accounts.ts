// Promise 9 over tables, where no crash excuses anything: every write that a client was told of is current on both nodes, or
// superseded by one that had seen it, or listed as divergent, or was dismissed from the list by an operator. And nothing is
// listed that was seen; but what has been dead for longer than the retention may be, and a write may stay listed where what
// had superseded it unseen was superseded unseen in its turn.
import { divergentWrite, isDivergentKey } from '../../lib/divergent.ts';
import { deadAt, type Stamp, type StoredRecord } from '../../lib/record.ts';
import type { Entry } from '../../lib/store/store.ts';
import { isBefore, name } from './checks.ts';

/** What a table holds, by key. */
type Held = ReadonlyMap<string, Entry>;

export class Accounts {
  readonly #acknowledged = new Set<string>();
  readonly #written = new Map<string, StoredRecord>();
  /** What each write replaced where it was written: the write had seen it. */
  readonly #replaced = new Map<string, string>();
  /** What a table has forgotten, being long dead: it was current there until then. */
  readonly #forgotten = new Set<string>();
  /** Writes that an operator has dismissed from the list. */
  readonly #dismissed = new Set<string>();
  /** Writes that were listed when they had been dead for longer than the retention. */
  readonly #listedLate = new Set<string>();
  /** What had superseded each listed write, unseen, on the nodes that listed it. */
  readonly #supersededBy = new Map<string, Set<string>>();

  /** A client was told that its write was done. */
  acknowledged(key: string, stamp: Stamp): void {
    this.#acknowledged.add(name(key, stamp));
  }

  wrote(record: StoredRecord, replaced: StoredRecord | undefined): void {
    this.#written.set(name(record.key, record), record);
    if (replaced) this.#replaced.set(name(record.key, record), name(record.key, replaced));
  }

  forgot(record: StoredRecord): void {
    this.#forgotten.add(name(record.key, record));
  }

  /**
   * @param by the record that supersedes the write
   * @param longAgo what died before this time, in milliseconds, has been dead for longer than the retention
   */
  listed(listingKey: string, by: StoredRecord, longAgo: number): void {
    const write = divergentWrite(listingKey);
    if (write === undefined) return;
    const id = name(write.key, write);
    this.#supersededBy.set(id, (this.#supersededBy.get(id) ?? new Set()).add(name(by.key, by)));
    const record = this.#written.get(id);
    if (record && isBefore(deadAt(record), longAgo)) this.#listedLate.add(id);
  }

  dismissed(listingKey: string): void {
    const write = divergentWrite(listingKey);
    if (write) this.#dismissed.add(name(write.key, write));
  }

  /** Whether a write is another one, or has seen it. */
  hasSeen(write: string | undefined, other: string): boolean {
    return write !== undefined && (write === other || this.#seenBy([write]).has(other));
  }

  /** @returns what is wrong */
  judge(a: Held, b: Held): string | undefined {
    const entries = [...a.values(), ...b.values()];
    const current = new Set<string>();
    const listed = new Set<string>();
    for (const { record } of entries) {
      const write = divergentWrite(record.key);
      if (!isDivergentKey(record.key)) current.add(name(record.key, record));
      else if (write && record.value !== undefined) listed.add(name(write.key, write));
    }
    const held = new Set([...current, ...this.#forgotten]);
    const seenByHeld = this.#seenBy(held);
    const seen = new Set([...seenByHeld, ...this.#seenBy([...listed, ...this.#dismissed])]);
    for (const id of this.#acknowledged) {
      if (![held, seen, listed, this.#dismissed].some((place) => place.has(id)))
        return `${id} was acknowledged, and is nowhere`;
    }
    const wrong = [...listed].find((id) => {
      const isByDivergent = [...(this.#supersededBy.get(id) ?? [])].some((by) => !held.has(by) && !seenByHeld.has(by));
      return (held.has(id) || seen.has(id)) && !this.#listedLate.has(id) && !isByDivergent;
    });
    return wrong && `${wrong} is listed as divergent, and was seen`;
  }

  #seenBy(writes: Iterable<string>): Set<string> {
    const seen = new Set<string>();
    for (const id of writes) {
      let before = this.#replaced.get(id);
      while (before !== undefined && !seen.has(before)) {
        seen.add(before);
        before = this.#replaced.get(before);
      }
    }
    return seen;
  }
}
