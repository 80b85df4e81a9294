// Takes keys that have expired out of the listing, some at a time, so that a million that expire at once stall nobody, and a
// page passes over few. When the clock has gone back since, those that are live again are put back first.
import type { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Commits } from './commits.ts';
import type { RecordCounts } from './counts.ts';

/** Keys that are moved in one transaction. */
const AT_A_TIME = 500;
/** Keys that are counted in one turn of the event loop: about 10 ms. */
const COUNTED_AT_A_TIME = 100_000;

export interface Sweep {
  /**
   * Begins to take out what has expired by `now`, in milliseconds: nobody waits for that.
   * @returns resolves when what is live again is in the listing
   */
  begin(now: number): Promise<void>;
  /** How many keys are live: those of the listing, less what has expired and is there still. */
  countLive(now: number): Promise<number>;
}

/** @param read carries out what only reads, and tells why it cannot */
export function createSweep(
  db: DatabaseSync,
  counts: RecordCounts,
  commits: Commits,
  read: <T>(act: () => T) => T,
): Sweep {
  const among = (shown: number, which: string) =>
    `FROM records WHERE shown = ${shown} AND expires_at IS NOT NULL AND expires_at ${which} ?`;
  const [expired, revived] = [among(1, '<='), among(3, '>')];
  const isAny = (which: string) => db.prepare(`SELECT 1 ${which} LIMIT 1`);
  const [isAnyExpired, isAnyRevived] = [isAny(expired), isAny(revived)];
  const move = (to: number, which: string) =>
    db.prepare(`UPDATE records SET shown = ${to} WHERE id IN (SELECT id ${which} LIMIT ${AT_A_TIME})`);
  const [takeOut, putBack] = [move(3, expired), move(1, revived)];
  const countExpired = db.prepare(`SELECT count(*) AS n FROM (SELECT 1 ${expired} LIMIT ${COUNTED_AT_A_TIME + 1})`);
  let sweeping: Promise<void> | undefined;

  const moveSome = (statement: typeof takeOut, now: number, sign: 1 | -1) =>
    commits.do(() => {
      const moved = Number(statement.run(now).changes);
      counts.add({ live: sign * moved });
      return moved;
    }, 'process');

  async function sweep(now: number): Promise<void> {
    while ((await moveSome(takeOut, now, -1)) === AT_A_TIME) await nextTurn();
  }

  return {
    async begin(now) {
      while (read(() => isAnyRevived.get(now)) !== undefined) {
        await sweeping;
        await moveSome(putBack, now, 1);
      }
      if (sweeping || read(() => isAnyExpired.get(now)) === undefined) return;
      sweeping = sweep(now)
        // What cannot be swept now is passed over, and the next listing tries again.
        .catch(() => {})
        .finally(() => {
          sweeping = undefined;
        });
    },

    async countLive(now) {
      for (;;) {
        const count = read(() => Number(countExpired.get(now)?.n));
        if (count <= COUNTED_AT_A_TIME) return counts.now.live - count;
        await (sweeping ?? nextTurn());
        await this.begin(now);
      }
    },
  };
}
