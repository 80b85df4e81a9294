// Bounds what is done in one turn of the event loop: what is more waits for the next one.
import { setImmediate as nextTurn } from 'node:timers/promises';

export class Turn {
  readonly #most: number;
  #done = 0;
  #next: Promise<void> | undefined;

  /** @param most work of one turn, in units of who does it; the last of it may be more */
  constructor(most: number) {
    this.#most = most;
  }

  /** Does it in this turn, if there is room, else in a later one, those first who came first. @param work tells how much it was */
  async do<T>(work: () => { readonly result: T; readonly cost: number }): Promise<T> {
    while (this.#done >= this.#most) await this.#next;
    const { result, cost } = work();
    this.#done += cost;
    this.#next ??= this.#begin();
    return result;
  }

  async #begin(): Promise<void> {
    await nextTurn();
    this.#done = 0;
    this.#next = undefined;
  }
}
