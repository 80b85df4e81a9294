// Pages of keys whose names have parts: what follows the first delimiter after the prefix is folded into one entry.
import { MAX_KEY_BYTES } from '../limits.ts';
import { afterAll } from './list-start.ts';
import { PageRoom } from './page-room.ts';
import type { HeadPage, ListQuery, Store } from './store.ts';

export interface FoldedPage extends HeadPage {
  /** What keys of this page are folded into: the prefix, and what follows it up to the delimiter. In the order of the keys. */
  readonly prefixes: readonly string[];
}

/** Keys that are asked for at a time where most of them may be folded. */
const LEAST_AT_A_TIME = 10;

/**
 * Passes over keys that are folded, however many they are, with one question. Together `heads` and `prefixes` are at most `limit`.
 * @param delimiter not empty
 */
export async function foldedPage(store: Pick<Store, 'list'>, query: ListQuery, delimiter: string): Promise<FoldedPage> {
  const { limit, reverse = false } = query;
  const foldOf = (key: string) => {
    const at = key.indexOf(delimiter, query.prefix.length);
    return at < 0 || !key.startsWith(query.prefix) ? undefined : key.slice(0, at + delimiter.length);
  };
  const heads: HeadPage['heads'][number][] = [];
  const prefixes: string[] = [];
  const room = new PageRoom();
  const left = () => limit - heads.length - prefixes.length;
  let { cursor } = query;
  // What a cursor is folded into has been told.
  let folded = cursor === undefined ? undefined : foldOf(cursor);
  for (;;) {
    const atATime = Math.max(left(), LEAST_AT_A_TIME);
    const page = await store.list({ ...query, limit: atATime, ...(cursor !== undefined && { cursor }) });
    let isPassed = false;
    for (const head of page.heads) {
      const fold = foldOf(head.key);
      if (fold !== undefined && fold === folded) continue;
      if (left() === 0 || (fold === undefined && !room.take(head)))
        return { heads, prefixes, ...(cursor !== undefined && { cursor }) };
      if (fold === undefined) {
        heads.push(head);
        cursor = head.key;
        continue;
      }
      prefixes.push(fold);
      folded = fold;
      cursor = reverse ? fold : afterAll(fold, MAX_KEY_BYTES);
      isPassed = true;
      break;
    }
    if (isPassed) continue;
    if (page.cursor === undefined) return { heads, prefixes };
    cursor = page.cursor;
    if (left() === 0) return { heads, prefixes, cursor };
  }
}
