// The queries of a store on SQLite: pages and numbers. A page that passes over many rows does so in several turns of the event
// loop.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isLive } from '../../record.ts';
import { headWithValue } from '../head.ts';
import { listStart } from '../list-start.ts';
import { PageRoom } from '../page-room.ts';
import type { EntryHead, HeadPage, ListQuery, Store } from '../store.ts';
import { Turn } from '../turn.ts';
import type { Pages } from './pages.ts';
import type { SqliteRecords } from './records.ts';
import type { Sweep } from './sweep.ts';

/** Rows that pages look at in one turn of the event loop: some milliseconds. */
const MAX_LOOKED_AT = 4000;

type Queries = Pick<
  Store,
  'list' | 'count' | 'backlog' | 'isBacklogCounted' | 'backlogSize' | 'divergent' | 'divergentCount' | 'headsIn'
>;

/** @param read carries out what only reads, and tells why it cannot */
export function queriesOf(pages: Pages, records: SqliteRecords, sweep: Sweep, read: <T>(act: () => T) => T): Queries {
  const { counts } = records;
  const turn = new Turn(MAX_LOOKED_AT);
  /** @param costOf in rows */
  const inTurn = <T>(query: () => T, costOf: (result: T) => number): Promise<T> =>
    turn.do(() => {
      const result = read(query);
      return { result, cost: costOf(result) };
    });
  const ofEntries = ({ entries }: { readonly entries: readonly unknown[] }) => 1 + 2 * entries.length;

  async function heads(listed: ListQuery): Promise<HeadPage> {
    const { prefix, limit, now } = listed;
    await sweep.begin(now);
    const found: EntryHead[] = [];
    let start = listStart(listed);
    for (;;) {
      const part = await inTurn(
        () => pages.live(prefix, start, limit + 1 - found.length, now),
        ({ looked }) => 1 + looked,
      );
      found.push(...part.heads);
      const end = found[limit - 1];
      if (found.length > limit && end) return { heads: found.slice(0, limit), cursor: end.key };
      if (part.last === undefined) return { heads: found };
      start = { is: start.is === '<' ? '<' : '>', place: part.last };
      await nextTurn();
    }
  }

  /** Each key is shown as it is by now. One that is gone meanwhile is left out. */
  const withValues = ({ heads: listed, cursor }: HeadPage, now: number): HeadPage => {
    const room = new PageRoom();
    const found: EntryHead[] = [];
    for (const [i, { key }] of listed.entries()) {
      const entry = records.get(key)?.entry;
      if (!entry || !isLive(entry.record, now)) continue;
      const end = listed[i - 1];
      if (!room.take(entry.record)) return { heads: found, ...(end && { cursor: end.key }) };
      found.push(headWithValue(entry));
    }
    return { heads: found, ...(cursor !== undefined && { cursor }) };
  };

  return {
    async list(query) {
      const page = await heads(query);
      if (!query.values) return page;
      return inTurn(
        () => withValues(page, query.now),
        (shown) => 4 * shown.heads.length,
      );
    },
    async count(now) {
      await sweep.begin(now);
      return { count: await sweep.countLive(now), isAtLeast: false };
    },

    backlog: ({ cursor, limit }) => inTurn(() => pages.backlog(cursor, limit), ofEntries),
    isBacklogCounted: true,
    async backlogSize() {
      const count = counts.now.owed;
      const oldest = count > 0 ? read(() => pages.oldestOwed()) : undefined;
      return { count, ...(oldest !== undefined && { oldest }) };
    },

    divergent: ({ key, cursor, limit }) => inTurn(() => pages.divergent(key, cursor, limit), ofEntries),
    divergentCount: async () => counts.now.divergent,

    headsIn: (buckets, cursor) =>
      inTurn(
        () => pages.bucket(buckets, cursor),
        ({ heads }) => heads.length + buckets.length,
      ),
  };
}
