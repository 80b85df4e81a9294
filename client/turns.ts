// Has a client write each key once at a time, in the order in which the writes were called. A record remembers the newest write of each
// client: so a write whose answer was lost is known until the client, which waits for it, writes the key again.
import { whenAborted } from './when-aborted.ts';

export class Turns {
  /** Of each key that is being written: ends when its last write has. It never rejects. */
  readonly #last = new Map<string, Promise<unknown>>();

  /**
   * Does something once what was called before for any of these keys is over.
   * @throws the reason of `signal`, where that is aborted before
   */
  take<T>(keys: readonly string[], signal: AbortSignal | undefined, job: () => Promise<T>): Promise<T> {
    const before = keys.flatMap((key) => this.#last.get(key) ?? []);
    const done = before.length === 0 ? job() : whenOver(before, signal).then(job);
    const over: Promise<unknown> = Promise.allSettled([...before, done]).then(() => {
      for (const key of keys) if (this.#last.get(key) === over) this.#last.delete(key);
    });
    for (const key of keys) this.#last.set(key, over);
    return done;
  }
}

function whenOver(before: readonly Promise<unknown>[], signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stopListening = signal && whenAborted(signal, reject);
    Promise.all(before).then(() => {
      stopListening?.();
      resolve();
    });
  });
}
