// The client's own writes that were not on the replica when they were answered: a read that may ask the replica wants at least these.
// What was answered as replicated need not be remembered: a node never goes back to an older state of a key.
import type { Stamp, Written } from './answers.ts';

/** Beyond that the oldest is forgotten: the replica was gone for long. */
const MOST = 10_000;

export class OwnWrites {
  readonly #newest = new Map<string, Written>();
  readonly #isKept: boolean;

  /** @param isKept `false`: nothing is remembered */
  constructor(isKept = true) {
    this.#isKept = isKept;
  }

  wrote(written: Written): void {
    if (!this.#isKept) return;
    const { key, status } = written;
    const before = this.#newest.get(key);
    // Of writes that were under way together, the older one may be answered later.
    if (before && isOlder(written, before)) return;
    // What is set anew is last.
    this.#newest.delete(key);
    if (status === 'replicated') return;
    this.#newest.set(key, written);
    if (this.#newest.size <= MOST) return;
    const [oldest] = this.#newest.keys();
    this.#newest.delete(oldest as string);
  }

  /** What a read of the key has to see, at least. `undefined`: whatever the replica holds. */
  etagOf(key: string): string | undefined {
    return this.#newest.get(key)?.etag;
  }

  /** The replica has it, or a failover has superseded it. */
  forget(key: string, etag: string): void {
    if (this.etagOf(key) === etag) this.#newest.delete(key);
  }
}

function isOlder(one: Stamp, another: Stamp): boolean {
  return one.epoch < another.epoch || (one.epoch === another.epoch && one.version < another.version);
}
