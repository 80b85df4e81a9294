// The feed of changes, of nodes that answer as the test says.
import { describe, expect, test } from '@jest/globals';
import { type ChangesOptions, type Client, createClient } from '../../client/client.ts';

const A = 'http://a.test';
const B = 'http://b.test';

/** Where and how a page was asked for. */
interface Asked {
  readonly node: 'a' | 'b';
  readonly query: Readonly<Record<string, string>>;
}

type Answer = Response | 'gone' | 'reset' | 'waits';
const page = (next: string, ...keys: string[]) =>
  Response.json({ changes: keys.map((key, i) => ({ key, version: i + 1, epoch: 7 })), next, complete: true });

/** A client of nodes that answer so, one question after the other; the last answer stays. */
function clientOf(answers: { readonly a?: readonly Answer[]; readonly b?: readonly Answer[] }) {
  const asked: Asked[] = [];
  const fetch = async (text: string, { signal }: RequestInit) => {
    const url = new URL(text);
    const node = url.origin === A ? 'a' : 'b';
    const all = answers[node] ?? [];
    const answer = all[Math.min(asked.filter((each) => each.node === node).length, all.length - 1)];
    asked.push({ node, query: Object.fromEntries(url.searchParams) });
    if (answer instanceof Response) return answer.clone();
    if (answer === 'gone')
      return Response.json({ status: 410, code: 'cursor_gone', detail: 'It is gone.' }, { status: 410 });
    if (answer === 'waits')
      await new Promise((_, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason));
      });
    throw new TypeError('fetch failed');
  };
  const kv = createClient({
    primary: A,
    replica: B,
    fetch: fetch as typeof globalThis.fetch,
    retry: { limitMs: 200, attempts: 100, firstPauseMs: 1, longestPauseMs: 5 },
  });
  return { kv, asked };
}

/** The keys of the first so many changes, and the cursor after each. */
async function take(kv: Client, count: number, options: ChangesOptions = {}) {
  const feed = kv.changes(options);
  const keys: string[] = [];
  const cursors: (string | undefined)[] = [];
  for await (const { key } of feed) {
    keys.push(key);
    cursors.push(feed.cursor);
    if (keys.length === count) break;
  }
  return { keys, cursors, node: feed.node };
}

describe('what is asked for', () => {
  test('every key from the beginning, then what comes after it; each question that has a place to go on from waits for news', async () => {
    const { kv, asked } = clientOf({ a: [page('1', 'x', 'y'), page('2', 'z')] });
    expect(await take(kv, 3, { prefix: 'p/', values: true })).toEqual({
      keys: ['x', 'y', 'z'],
      // Saved after `x`, `y` would come again.
      cursors: [undefined, '1', '2'],
      node: 'primary',
    });
    expect(asked).toEqual([
      { node: 'a', query: { prefix: 'p/', values: 'true', limit: '1000', wait: '20' } },
      { node: 'a', query: { prefix: 'p/', values: 'true', limit: '1000', wait: '20', since: '1' } },
    ]);
  });

  test('from now on: the first question does not wait, so that nothing is missed where it is lost', async () => {
    const { kv, asked } = clientOf({ b: ['reset', page('1'), 'reset', page('2', 'x')] });
    expect(await take(kv, 1, { since: 'now', readFrom: 'replica' })).toMatchObject({ keys: ['x'], node: 'replica' });
    expect(asked.filter(({ node }) => node === 'b').map(({ query: { since, wait } }) => [since, wait])).toEqual([
      ['now', '0'],
      ['now', '0'],
      ['1', '20'],
      ['1', '20'],
    ]);
  });

  test('a node that was followed once is asked alone, whatever becomes of it', async () => {
    const { kv, asked } = clientOf({ b: [page('1', 'x'), 'reset', page('2', 'y')] });
    expect((await take(kv, 2, { readFrom: 'replica' })).keys).toEqual(['x', 'y']);
    expect(asked.map(({ node }) => node)).toEqual(['b', 'b', 'b']);
  });
});

describe('a cursor', () => {
  test('goes on at the node that gave it, whoever leads', async () => {
    const { kv, asked } = clientOf({ a: ['gone'], b: [page('9', 'x')] });
    expect(await take(kv, 1, { since: '8' })).toEqual({ keys: ['x'], cursors: ['9'], node: 'replica' });
    expect(asked.map(({ node }) => node)).toEqual(['a', 'b']);
  });

  test('that no node knows ends the feed with an error, which the caller decides about', async () => {
    const { kv } = clientOf({ a: ['gone'], b: ['gone'] });
    const feed = kv.changes({ since: '8' });
    await expect(feed.next()).rejects.toMatchObject({ code: 'cursor_gone', status: 410 });
    expect(feed.cursor).toBe('8');
    expect(await feed.next()).toEqual({ done: true, value: undefined });
  });

  test('is not gone for all that is known, while one of the nodes gives no answer', async () => {
    const { kv } = clientOf({ a: ['gone'], b: ['reset'] });
    await expect(kv.changes({ since: '8' }).next()).rejects.toMatchObject({ code: 'unreachable' });
  });

  test('that is gone is no end where the feed is to begin again', async () => {
    const { kv, asked } = clientOf({ a: [page('1', 'x'), 'gone', page('2', 'x', 'y')] });
    expect((await take(kv, 3, { whenGone: 'begin-again' })).keys).toEqual(['x', 'x', 'y']);
    expect(asked.map(({ query: { since } }) => since)).toEqual([undefined, '1', undefined]);
  });
});

describe('the end of a feed', () => {
  test('comes with the loop, also while it waits for news', async () => {
    const { kv } = clientOf({ a: [page('1', 'x'), 'waits'] });
    const feed = kv.changes();
    await feed.next();
    const waiting = feed.next();
    expect(await feed.return()).toEqual({ done: true, value: undefined });
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await feed.next()).toEqual({ done: true, value: undefined });
  });

  test('comes with the reason of its signal', async () => {
    const controller = new AbortController();
    const { kv } = clientOf({ a: ['waits'] });
    const waiting = kv.changes({ signal: controller.signal }).next();
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(kv.changes({ signal: controller.signal }).next()).rejects.toThrow('enough');
  });

  test('comes when its node has not answered for as long as a call may take', async () => {
    const { kv } = clientOf({ a: [page('1', 'x'), 'reset'] });
    const feed = kv.changes({ readFrom: 'primary' });
    await feed.next();
    await expect(feed.next()).rejects.toMatchObject({ code: 'unreachable' });
    expect(feed.cursor).toBe('1');
  });

  test('two that ask at once get one change after the other', async () => {
    const { kv } = clientOf({ a: [page('1', 'x'), page('2', 'y')] });
    const feed = kv.changes();
    const taken = await Promise.all([feed.next(), feed.next()]);
    expect(taken.map(({ value }) => value?.key)).toEqual(['x', 'y']);
  });
});
