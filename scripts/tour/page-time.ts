// Which time of the filmed page a time of the nodes' clock is. While one picture is taken the page's clock stands still and that of
// the nodes goes on: what they tell of that time comes within the next frame, in its order.

export interface PageTime {
  /** The page's clock is now this, in milliseconds. */
  tick(page: number): void;
  /** @param time of the nodes, in milliseconds @returns the time of the page */
  of(time: number): number;
  /** The text of an answer, with its times and ages as the page's clock has them. */
  inAnswer(text: string): string;
}

/** Half of a frame has passed after this time of the nodes, in milliseconds. */
const HALF_MS = 100;

/** @param frameMs between two ticks, in milliseconds of the page @param now the clock of the nodes, in milliseconds */
export function createPageTime(frameMs: number, now: () => number = Date.now): PageTime {
  const ticks: { readonly time: number; readonly page: number }[] = [];

  function of(time: number): number {
    const tick = ticks.findLast((each) => each.time <= time);
    // Before the first one both were the same.
    return tick ? tick.page + frameMs * (1 - 2 ** ((tick.time - time) / HALF_MS)) : time;
  }

  function moved(name: string, value: unknown): unknown {
    if (typeof value === 'number') {
      if (name === 'at' || name === 'now' || name.endsWith('At')) return of(value);
      if (name.endsWith('AgeMs')) return Math.round(of(now()) - of(now() - value));
    }
    if (typeof value === 'string' && name.endsWith('At')) return new Date(of(Date.parse(value))).toISOString();
    return value;
  }

  return {
    tick(page) {
      ticks.push({ time: now(), page });
    },
    of,
    inAnswer: (text) => JSON.stringify(JSON.parse(text, moved)),
  };
}
