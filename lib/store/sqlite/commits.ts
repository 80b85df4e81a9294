// Group commit: the changes of one turn of the event loop share a transaction, so that all of them cost one write to the disk
// that waits for it. Each is answered only once that is done. A change alone waits for no other. A transaction of nothing but
// changes that may be lost with the machine's power is not waited for: whatever is waited for later brings it along, and what
// is lost is always the end of it all.
import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** How long changes are carried out in one turn of the event loop, in milliseconds: what is left then waits for the next one. */
const MAX_GROUP_MS = 20;

/** What is kept in memory of what is in the file: it must follow when a transaction ends, either way. */
export interface Mirror {
  /** Before it is committed: writes what has changed. */
  write?(): void;
  committed(): void;
  rolledBack(): void;
}

export interface CommitOptions {
  readonly mirrors: readonly Mirror[];
  /** What a change throws in the place of an error of SQLite. */
  readonly errorOf: (error: unknown) => unknown;
  /** Has something done at the end of this turn of the event loop. */
  readonly defer?: (act: () => void) => void;
}

/** `disk`: it must outlive the machine's power. `process`: it need not, only the end of this process. */
export type Outlives = 'disk' | 'process';

interface Pending {
  readonly act: () => unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly outlives: Outlives;
  /** The group that it was in has failed: it is tried in a transaction of its own, so that none fails because of another. */
  isAlone: boolean;
}

export class Commits {
  readonly #db: DatabaseSync;
  readonly #options: CommitOptions;
  readonly #defer: (act: () => void) => void;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #rollback: StatementSync;
  readonly #syncFull: StatementSync;
  readonly #syncNormal: StatementSync;
  /** How the connection is set now. */
  #outlives: Outlives = 'disk';
  #pending: Pending[] = [];
  #isDeferred = false;

  constructor(db: DatabaseSync, options: CommitOptions) {
    this.#db = db;
    this.#options = options;
    this.#defer = options.defer ?? setImmediate;
    this.#begin = db.prepare('BEGIN IMMEDIATE');
    this.#commit = db.prepare('COMMIT');
    this.#rollback = db.prepare('ROLLBACK');
    this.#syncFull = db.prepare('PRAGMA synchronous = FULL');
    this.#syncNormal = db.prepare('PRAGMA synchronous = NORMAL');
  }

  /**
   * Carries out a change; those that came first come first.
   * @param act is done in a transaction, and once more in another one if that fails: it depends on nothing but the file
   * @returns what `act` returns, once it is committed
   * @throws what `act` throws; nothing has changed then
   */
  do<T>(act: () => T, outlives: Outlives = 'disk'): Promise<T> {
    return new Promise<unknown>((resolve, reject) => {
      this.#pending.push({ act, resolve, reject, outlives, isAlone: false });
      this.#later();
    }) as Promise<T>;
  }

  #later(): void {
    if (this.#isDeferred || this.#pending.length === 0) return;
    this.#isDeferred = true;
    this.#defer(() => {
      this.#isDeferred = false;
      const end = performance.now() + MAX_GROUP_MS;
      do this.#carryOut(end);
      while (this.#pending[0]?.isAlone && performance.now() < end);
      this.#later();
    });
  }

  /** Carries out as many changes as may be together, one at least. */
  #carryOut(end: number): void {
    const results: unknown[] = [];
    let begun = 0;
    try {
      this.#waitFor(this.#pending[0]?.isAlone ? this.#pending.slice(0, 1) : this.#pending);
      this.#begin.run();
      for (const { act, isAlone } of this.#pending) {
        if (isAlone && begun > 0) break;
        begun++;
        results.push(act());
        if (isAlone || performance.now() >= end) break;
      }
      for (const mirror of this.#options.mirrors) mirror.write?.();
      this.#commit.run();
    } catch (error) {
      this.#undo();
      this.#failed(begun, this.#options.errorOf(error));
      return;
    }
    for (const mirror of this.#options.mirrors) mirror.committed();
    for (const [i, { resolve }] of this.#take(results.length).entries()) resolve(results[i]);
  }

  /** Before a transaction: whether its commit waits for the disk. */
  #waitFor(changes: readonly Pending[]): void {
    const outlives = changes.some((each) => each.outlives === 'disk') ? 'disk' : 'process';
    if (outlives === this.#outlives) return;
    (outlives === 'disk' ? this.#syncFull : this.#syncNormal).run();
    this.#outlives = outlives;
  }

  #undo(): void {
    for (const mirror of this.#options.mirrors) mirror.rolledBack();
    // SQLite has done so by itself where the disk failed, or was full.
    if (this.#db.isOpen && this.#db.isTransaction) this.#rollback.run();
  }

  /** @param begun how many changes were; 0: there could be no transaction, and so none for those that wait either */
  #failed(begun: number, error: unknown): void {
    if (begun > 1) for (const each of this.#pending.slice(0, begun)) each.isAlone = true;
    else for (const { reject } of this.#take(begun || this.#pending.length)) reject(error);
  }

  #take(count: number): Pending[] {
    const taken = this.#pending.slice(0, count);
    this.#pending = this.#pending.slice(count);
    return taken;
  }
}
