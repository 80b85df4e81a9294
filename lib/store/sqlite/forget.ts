// Forgets dead records, some in each transaction.
import type { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isLive } from '../../record.ts';
import type { Store } from '../store.ts';
import type { Commits } from './commits.ts';
import { query } from './query.ts';
import { type SqliteRecords, slotOf } from './records.ts';
import { COLUMNS_WITHOUT_VALUE, isOwed, numberIn } from './row.ts';

/** Records that are looked at in one transaction. */
const AT_A_TIME = 500;

/** Where the next ones are: by the time of death, and their rows. */
interface Place {
  readonly deadAt: number;
  readonly id: number;
}

interface Step {
  readonly count: number;
  readonly next?: Place;
}

export function createForgetting(db: DatabaseSync, records: SqliteRecords, commits: Commits): Store['forget'] {
  const longDead = query(
    db,
    `SELECT ${COLUMNS_WITHOUT_VALUE} FROM records WHERE dead_at IS NOT NULL AND dead_at < ? AND (dead_at, id) > (?, ?)
      ORDER BY dead_at, id LIMIT ${AT_A_TIME}`,
  );

  return async ({ before, epoch, now }) => {
    let forgotten = 0;
    let place: Place | undefined = { deadAt: -1, id: -1 };
    while (place) {
      const { deadAt, id }: Place = place;
      const step = await commits.do((): Step => {
        const rows = longDead.all(before, deadAt, id);
        const slots = rows.map(slotOf).filter(({ entry: { record, replication } }) => {
          return record.epoch < epoch && !isLive(record, now) && !isOwed(replication);
        });
        for (const slot of slots) records.forget(slot);
        const last = rows.at(-1);
        if (rows.length < AT_A_TIME || last === undefined) return { count: slots.length };
        const next = { deadAt: numberIn(last, 'dead_at'), id: numberIn(last, 'id') };
        return { count: slots.length, next };
      });
      forgotten += step.count;
      place = step.next;
      if (place) await nextTurn();
    }
    return forgotten;
  };
}
