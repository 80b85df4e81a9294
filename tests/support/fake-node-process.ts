// A process of a node that a test starts, holds and ends: nothing of it is real.
import type { End, NodeProcess } from '../../scripts/launcher/node-process.ts';

export class FakeNodeProcess implements NodeProcess {
  readonly pid: number;
  readonly ended: Promise<End>;
  isAlive = true;
  isFrozen = false;
  /** What was done to it, in order. */
  readonly done: string[] = [];
  readonly #later: () => Promise<unknown>;
  readonly #obeys: boolean;
  #resolve: (end: End) => void = () => {};

  /**
   * @param later resolves when what was done to it takes effect
   * @param obeys whether it ends when it is asked to
   */
  constructor(pid: number, later: () => Promise<unknown>, obeys = true) {
    this.pid = pid;
    this.#later = later;
    this.#obeys = obeys;
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  terminate(): void {
    this.done.push('terminate');
    if (!this.isFrozen) this.#obey();
  }

  kill(): void {
    this.done.push('kill');
    void this.#later().then(() => this.end({ code: null, signal: 'SIGKILL' }));
  }

  freeze(): void {
    this.done.push('freeze');
    this.isFrozen = true;
  }

  thaw(): void {
    this.done.push('thaw');
    this.isFrozen = false;
    if (this.done.includes('terminate')) this.#obey();
  }

  /** It ends by itself, unless it is held. */
  crash(): void {
    if (!this.isFrozen) this.end({ code: 1, signal: null });
  }

  end(end: End): void {
    this.isAlive = false;
    this.#resolve(end);
  }

  #obey(): void {
    if (this.#obeys) void this.#later().then(() => this.isFrozen || this.end({ code: 0, signal: null }));
  }
}
