// Tells of what has changed, once that is committed.
import type { StoredRecord } from '../../record.ts';
import type { StoreObserver } from '../on-change.ts';
import type { Mirror } from './commits.ts';

export class News implements Mirror {
  readonly #observer: StoreObserver;
  #listed: StoredRecord[] = [];
  #changed: string[] = [];

  constructor(observer: StoreObserver) {
    this.#observer = observer;
  }

  listed(record: StoredRecord): void {
    this.#listed.push(record);
  }

  changed(key: string): void {
    this.#changed.push(key);
  }

  committed(): void {
    for (const record of this.#listed.splice(0)) this.#observer.onListed?.(record);
    for (const key of this.#changed.splice(0)) this.#observer.onChanged?.(key);
  }

  rolledBack(): void {
    this.#listed = [];
    this.#changed = [];
  }
}
