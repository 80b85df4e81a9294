// Pages of the feed: the query of `GET /changes`, the wait for what comes next, and the answer.
import { TandemError } from '../errors.ts';
import { keyProblem } from '../key.ts';
import { DEFAULT_PAGE } from '../limits.ts';
import { writerOf } from '../store/base.ts';
import type { ChangedKey, Feed, FeedPage, Store } from '../store/store.ts';
import type { Waiting } from '../waiting.ts';
import { type Answer, isoTime } from './answer.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { type Event, flagOf, numberOf, waitMsOf } from './request.ts';
import { PageLimit } from './schemas.ts';

export interface ChangesQuery {
  readonly from: FeedCursor;
  readonly prefix: string;
  readonly limit: number;
  readonly values: boolean;
  readonly waitMs: number;
}

/** Where a reader is in a feed. */
interface FeedCursor {
  readonly place: number;
  /**
   * The place of the last change when the reader began. What was forgotten of before it has not missed: it has never seen it.
   */
  readonly begunAt: number;
}

/** @param store must have a feed @throws TandemError `invalid_parameter`, `cursor_gone` */
export function changesQueryOf(event: Event, store: Store, feed: Feed, maxWaitMs: number): ChangesQuery {
  const { prefix = '', since } = event.queryStringParameters ?? {};
  if (prefix !== '' && keyProblem(prefix))
    throw new TandemError('invalid_parameter', 'prefix must be the beginning of a key.', { parameter: 'prefix' });
  return {
    from: cursorIn(since, store, feed),
    prefix,
    limit: numberOf(event, 'limit', PageLimit) ?? DEFAULT_PAGE,
    values: flagOf(event, 'values'),
    waitMs: waitMsOf(event, maxWaitMs),
  };
}

const CURSOR = /^([0-9a-f]{16}) (\d{1,15}) (\d{1,15})$/;

function cursorIn(since: string | undefined, store: Store, feed: Feed): FeedCursor {
  const { last, forgotten } = feed;
  if (since === undefined) return { place: 0, begunAt: last };
  if (since === 'now') return { place: last, begunAt: last };
  const text = decodeCursor(since, (cursor) => CURSOR.test(cursor), 'since');
  const [, contents, place, begunAt] = CURSOR.exec(text) ?? [];
  const cursor = { place: Number(place), begunAt: Number(begunAt) };
  if (contents !== writerOf(store.id))
    throw gone('of other contents: of the other node, or of before this one was started');
  if (cursor.place > last || forgotten > Math.max(cursor.place, cursor.begunAt))
    throw gone('older than a deletion that was forgotten since');
  return cursor;
}

function gone(reason: string): TandemError {
  return new TandemError('cursor_gone', `since is ${reason}. Begin again, without it.`, { parameter: 'since' });
}

/** The next changes; where there are none yet, after they have come, or after the time that the request waits. */
export async function nextChanges(
  feed: Feed,
  waiting: Waiting,
  { from, prefix, limit, values, waitMs }: ChangesQuery,
): Promise<FeedPage> {
  let page: FeedPage = { changes: [], next: from.place, isLast: false };
  const look = async () => {
    do page = await feed.after(page.next, { prefix, limit, values });
    while (page.changes.length === 0 && !page.isLast);
    return page.changes.length > 0 || undefined;
  };
  await waiting.until((key) => key.startsWith(prefix), waiting.isFull ? 0 : waitMs, look);
  return page;
}

export interface ChangesAnswerOptions {
  readonly store: Store;
  readonly from: FeedCursor;
  /** In milliseconds. */
  readonly now: number;
  /** This node may lack what the other one holds. */
  readonly isLacking: boolean;
}

export function changesAnswer(
  { changes, next, isLast }: FeedPage,
  { store, from: { begunAt }, now, isLacking }: ChangesAnswerOptions,
): Answer {
  const cursor = encodeCursor(`${writerOf(store.id)} ${next} ${begunAt}`);
  const texts = changes.map((change) => changeBody(change, now));
  const complete = isLast && !isLacking;
  return { status: 200, body: `{"changes":[${texts.join(',')}],"next":"${cursor}","complete":${complete}}` };
}

/** JSON text: a value goes in as its client wrote it. What has expired by now counts as deleted. */
function changeBody({ key, version, epoch, updatedAt, expiresAt, isDeletion, value }: ChangedKey, now: number): string {
  const isGone = isDeletion || (expiresAt !== undefined && expiresAt <= now);
  const text = JSON.stringify({
    key,
    version,
    epoch,
    updatedAt: isoTime(updatedAt),
    ...(expiresAt !== undefined && { expiresAt: isoTime(expiresAt) }),
    ...(isGone && { deleted: true }),
  });
  return value === undefined || isGone ? text : `${text.slice(0, -1)},"value":${value}}`;
}
