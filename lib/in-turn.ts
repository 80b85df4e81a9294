// Runs what must not overlap one after the other.

/** Runs one act after the other, in the order in which they are given. One that fails does not hold up the next. */
export type InTurn = <T>(act: () => Promise<T>) => Promise<T>;

export function inTurn(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (act) => {
    const turn = last.then(act);
    last = turn.catch(() => {});
    return turn;
  };
}
