// What a run has found: the first few of each kind, so that one bug that shows often does not hide the others.

const MAX_OF_A_KIND = 4;
const MAX = 50;

export class Findings {
  readonly list: string[] = [];
  readonly #kinds = new Map<string, number>();

  /** Whether there is no need to go on. */
  get isFull(): boolean {
    return this.list.length >= MAX;
  }

  /** @param problem in words, of which what stands before the second colon is its kind @param shown what shows it */
  add(problem: string, ...shown: readonly string[]): void {
    const kind = problem.split(':').slice(0, 2).join(':');
    const count = this.#kinds.get(kind) ?? 0;
    this.#kinds.set(kind, count + 1);
    if (count < MAX_OF_A_KIND) this.list.push([problem, ...shown].join('\n  '));
  }
}
