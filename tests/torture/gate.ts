// Lets the clients wait while the pair must be quiet.
import { setTimeout as sleep } from 'node:timers/promises';

export class Gate {
  #closed: PromiseWithResolvers<void> | undefined;
  #inside = 0;

  /** Acts once it is open. */
  async pass<T>(act: () => Promise<T>): Promise<T> {
    while (this.#closed) await this.#closed.promise;
    this.#inside++;
    try {
      return await act();
    } finally {
      this.#inside--;
    }
  }

  /** Resolves once nobody is inside. */
  async close(): Promise<void> {
    this.#closed ??= Promise.withResolvers<void>();
    while (this.#inside > 0) await sleep(5);
  }

  open(): void {
    this.#closed?.resolve();
    this.#closed = undefined;
  }
}
