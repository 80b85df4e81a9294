// Tells of each divergent write that is listed here, once that is committed.
import type { StoredRecord } from '../../record.ts';

export class Listings {
  /** Called with each record that lists a divergent write. */
  onListed: (listed: StoredRecord) => void = () => {};
  #pending: StoredRecord[] = [];

  add(listed: StoredRecord): void {
    this.#pending.push(listed);
  }

  committed(): void {
    for (const listed of this.#pending.splice(0)) this.onListed(listed);
  }

  rolledBack(): void {
    this.#pending = [];
  }
}
