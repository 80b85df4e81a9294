// The feed of an in-memory store.
import { feedPage, type Placed } from '../feed-page.ts';
import type { Feed } from '../store.ts';
import type { Turn } from '../turn.ts';
import type { Records } from './records.ts';

/** Records that a page looks at, those of other prefixes included; then it ends. */
const MOST_LOOKED_AT = 5000;

export function memoryFeed(records: Records, turn: Turn): Feed {
  function* after(start: number): Generator<Placed> {
    for (const [place, { entry }] of records.feed.after(start)) yield { place, record: entry.record };
  }

  return {
    get last() {
      return records.lastPlace;
    },
    get forgotten() {
      return records.forgottenPlace;
    },
    after: (place, query) => turn.do(() => feedPage(after(place), place, query, MOST_LOOKED_AT)),
  };
}
