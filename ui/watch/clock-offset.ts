// How far the clock of a node is ahead of this page's. Each answer bounds it: the node read its clock between the moment at which
// the page asked and the one at which the answer came. Where no difference is possible, there is none: on one machine.

/** Answers that are kept. Clocks drift: older ones say nothing of now. */
const KEPT = 20;

export interface ClockOffset {
  /** Milliseconds to be taken from a time of the node. */
  readonly ms: number;
  /** @param now what the clock of the node read, between `asked` and `answered` of this page's */
  learn(asked: number, answered: number, now: number): void;
}

export function createClockOffset(): ClockOffset {
  let bounds: readonly { readonly least: number; readonly most: number }[] = [];
  let ms = 0;
  return {
    get ms() {
      return ms;
    },
    learn(asked, answered, now) {
      const own = { least: now - answered, most: now - asked };
      const kept = [...bounds, own].slice(-KEPT);
      const least = Math.max(...kept.map((each) => each.least));
      const most = Math.min(...kept.map((each) => each.most));
      // A clock that was set in between: only the newest answer counts.
      bounds = least <= most ? kept : [own];
      ms = least <= most ? nearestToZero(least, most) : nearestToZero(own.least, own.most);
    },
  };
}

const nearestToZero = (least: number, most: number): number => (least > 0 ? least : most < 0 ? most : 0);
