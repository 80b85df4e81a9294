// Batches of the client, on a real pair, and on nodes that answer as the test says.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type BatchEntry, type Client, createClient, type Operation, type Written } from '../../client/client.ts';
import { type Pair, startPair } from '../support/nodes.ts';

let nodes: Pair;
let kv: Client;
beforeAll(async () => {
  nodes = await startPair({}, { serve: {} });
  kv = createClient({ primary: nodes.primary.url, replica: nodes.replica.url });
});
afterAll(() => nodes?.stop());

test('each operation gets what its method would have given, in its place', async () => {
  await kv.put('old', { a: 1 });
  const [put, absent, increment, merge, touch, removed, nothing, read] = await kv.batch([
    { op: 'put', key: 'new', value: 'v', ttl: 60, ifAbsent: true },
    { op: 'get', key: 'absent' },
    { op: 'increment', key: 'count', by: 2 },
    { op: 'merge', key: 'old', change: { b: 2 } },
    { op: 'touch', key: 'absent', expiry: { ttl: 5 } },
    { op: 'delete', key: 'old' },
    { op: 'delete', key: 'absent' },
    { op: 'get', key: 'new' },
  ]);
  expect(put).toMatchObject({ status: 'fulfilled', value: { key: 'new', version: 1, status: 'replicated' } });
  for (const each of [absent, touch, nothing]) expect(each).toEqual({ status: 'fulfilled', value: undefined });
  expect(increment).toMatchObject({ value: { value: 2 } });
  expect(merge).toMatchObject({ value: { value: { a: 1, b: 2 }, version: 2 } });
  expect(removed).toMatchObject({ value: { version: 3 } });
  const written: Written | undefined = put.status === 'fulfilled' ? put.value : undefined;
  const entry: BatchEntry<unknown> | undefined = read.status === 'fulfilled' ? read.value : undefined;
  expect(entry).toMatchObject({ value: 'v', etag: written?.etag, receipt: { url: nodes.primary.url } });
  expect(entry?.expiresAt).toEqual(expect.any(String));
});

test('one that is refused holds up none of the others', async () => {
  const [refused, done] = await kv.batch([
    { op: 'put', key: 'new', value: 1, ifAbsent: true },
    { op: 'put', key: 'newer', value: 2 },
  ]);
  expect(refused).toMatchObject({
    status: 'rejected',
    reason: { code: 'precondition_failed', details: { currentVersion: 1 } },
  });
  expect(done).toMatchObject({ status: 'fulfilled' });
});

test('keys that no path can name are keys like any other here', async () => {
  await kv.batch(['.', '..', 'a?b'].map((key) => ({ op: 'put', key, value: key })));
  const read = await kv.batch(
    ['.', '..', 'a?b'].map((key) => ({ op: 'get', key })),
    { readFrom: 'replica' },
  );
  expect(read.map((result) => (result.status === 'fulfilled' ? result.value?.value : result.reason))).toEqual([
    '.',
    '..',
    'a?b',
  ]);
});

test('as many as one likes, also where their values fill many answers', async () => {
  const value = 'x'.repeat(20_000);
  const keys = Array.from({ length: 250 }, (_, i) => `many/${i}`);
  const written = await kv.batch(keys.map((key) => ({ op: 'put', key, value: key + value })));
  expect(written.filter(({ status }) => status === 'fulfilled')).toHaveLength(250);
  const read = await kv.batch(keys.map((key) => ({ op: 'get', key })));
  expect(read.map((result) => result.status === 'fulfilled' && result.value?.value)).toEqual(
    keys.map((key) => key + value),
  );
  const none: [] = await kv.batch([]);
  expect(none).toEqual([]);
});

test('a batch reads what this client wrote, while the replica lacks it', async () => {
  const reader = createClient({ primary: nodes.primary.url, replica: nodes.replica.url, readFrom: 'replica' });
  const fault = await kv.faults('replica').add({ kind: 'error', keyPrefix: 'lagging' });
  await reader.batch([{ op: 'put', key: 'lagging', value: 1 }]);
  expect(await reader.batch([{ op: 'get', key: 'lagging' }])).toMatchObject([{ value: { value: 1 } }]);
  const [held] = await kv.batch([{ op: 'get', key: 'lagging' }], { readFrom: 'replica' });
  expect(held).toEqual({ status: 'fulfilled', value: undefined });
  await kv.faults('replica').remove(fault.id);
});

test.each([true, false])('writes find the node that leads, with further tries: %s', async (retry) => {
  const other = createClient({ primary: nodes.replica.url, replica: nodes.primary.url, retry });
  const results = await other.batch([
    { op: 'put', key: 'led', value: 1 },
    { op: 'get', key: 'led' },
  ]);
  expect(results).toMatchObject([{ status: 'fulfilled' }, { value: { value: 1 } }]);
});

describe('what is refused for the moment', () => {
  const switching = { status: 503, code: 'switching', detail: 'It is switching.' };
  const stored = (key: string) => ({ status: 200, key, version: 1, epoch: 1, replicationStatus: 'replicated' });

  /** @param answers the results of each request, in turn */
  function clientOf(answers: readonly (readonly object[])[]) {
    const sent: { op: string; key: string; idempotencyKey?: string }[][] = [];
    const fetch = async (_url: string, { body }: RequestInit) => {
      sent.push(JSON.parse(`${body}`).operations);
      return Response.json({ results: answers[sent.length - 1] });
    };
    const client = createClient({
      primary: 'http://a.test',
      fetch: fetch as typeof globalThis.fetch,
      retry: { limitMs: 60_000, firstPauseMs: 1 },
    });
    return { client, sent };
  }
  const put = (key: string): Operation => ({ op: 'put', key, value: 1 });

  test('is sent again, alone and under the same name', async () => {
    const { client, sent } = clientOf([[stored('a'), switching, stored('c')], [switching], [stored('b')]]);
    const results = await client.batch([put('a'), put('b'), put('c')]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    expect(sent.map((operations) => operations.map(({ key }) => key))).toEqual([['a', 'b', 'c'], ['b'], ['b']]);
    expect(sent[2]?.[0]?.idempotencyKey).toBe(sent[0]?.[1]?.idempotencyKey);
    expect(new Set(sent[0]?.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(3);
  });

  test('but not where it would come after what was to come after it', async () => {
    const { client, sent } = clientOf([[switching, stored('a'), stored('b')]]);
    const results = await client.batch([put('a'), { op: 'get', key: 'a' }, put('b')]);
    expect(results).toMatchObject([{ status: 'rejected', reason: { code: 'switching' } }, { status: 'fulfilled' }, {}]);
    expect(sent).toHaveLength(1);
  });

  test('and no request writes a key twice: a record is certain to remember the newest write of a client only', async () => {
    const { client, sent } = clientOf([
      [stored('a'), stored('b')],
      [stored('a'), stored('a')],
    ]);
    const results = await client.batch([put('a'), put('b'), put('a'), { op: 'get', key: 'a' }]);
    expect(results.map(({ status }) => status)).toEqual(Array.from({ length: 4 }, () => 'fulfilled'));
    expect(sent.map((operations) => operations.map(({ op, key }) => `${op} ${key}`))).toEqual([
      ['put a', 'put b'],
      ['put a', 'get a'],
    ]);
  });
});
