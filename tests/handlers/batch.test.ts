// POST /batch, as a client sees it, on the artifact of both roles.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type ArtifactPair, artifactPair } from '../support/artifact.ts';
import { until } from '../support/until.ts';

let nodes: ArtifactPair;
beforeAll(async () => {
  nodes = await artifactPair();
});
afterAll(() => nodes.close());
beforeEach(() => nodes.replica.call('DELETE', '/faults'));

const replicated = { replicationStatus: 'replicated' };

type Operation = Readonly<Record<string, unknown>>;
const send = (operations: readonly Operation[], headers: Record<string, string> = {}) =>
  nodes.primary.call('POST', '/batch', { body: { operations }, headers });
const results = async (...operations: readonly Operation[]) => (await send(operations)).body.results;
const statuses = async (...operations: readonly Operation[]) =>
  (await results(...operations)).map(({ status }: { status: number }) => status);

describe('a batch', () => {
  test('P1 P2 answers each operation as it would have been alone, in their order', async () => {
    const answers = await results(
      { op: 'put', key: 'a', value: { n: 1 } },
      { op: 'patch', key: 'count', increment: 3 },
      { op: 'get', key: 'a' },
      { op: 'get', key: 'missing' },
      { op: 'delete', key: 'a' },
      { op: 'get', key: 'a' },
    );
    const epoch = expect.any(Number);
    expect(answers).toEqual([
      { status: 201, key: 'a', version: 1, epoch, ...replicated },
      { status: 201, key: 'count', version: 1, epoch, value: 3, ...replicated },
      { status: 200, key: 'a', value: { n: 1 }, version: 1, epoch, updatedAt: expect.any(String) },
      expect.objectContaining({ status: 404, code: 'key_not_found' }),
      { status: 200, key: 'a', version: 2, epoch, ...replicated },
      expect.objectContaining({ status: 404, code: 'key_not_found' }),
    ]);
    expect((await nodes.replica.call('GET', '/key/count')).body.value).toBe(3);
  });

  test('ships its writes in one request', async () => {
    const operations = Array.from({ length: 100 }, (_, i) => ({ op: 'put', key: `group/${i}`, value: i }));
    await nodes.replica.call('PUT', '/faults', { body: { faults: [{ kind: 'delay', delayMs: 20 }] } });
    const { next: since } = (await nodes.primary.call('GET', '/events', { query: { since: 'now' } })).body;
    expect(new Set(await statuses(...operations))).toEqual(new Set([201]));
    const { events } = (await nodes.primary.call('GET', '/events', { query: { since, limit: '1000' } })).body;
    expect(events.filter(({ kind }: Operation) => kind === 'sent')).toHaveLength(1);
  });

  test('does what it asks of one key in order', async () => {
    const answers = await results(
      { op: 'put', key: 'k', value: 1 },
      { op: 'patch', key: 'k', increment: 1 },
      { op: 'get', key: 'k' },
      { op: 'put', key: 'k', value: 9, ifNoneMatch: '*' },
      { op: 'patch', key: 'k', increment: 1 },
    );
    expect(answers.map(({ status, value }: { status: number; value?: number }) => [status, value])).toEqual([
      [201, undefined],
      [200, 2],
      [200, 2],
      [412, undefined],
      [200, 3],
    ]);
  });

  test('is not atomic: one that fails holds up none of the others', async () => {
    const answers = await results(
      { op: 'put', key: 'good', value: 1 },
      { op: 'put', key: 'bad', value: '__fail__' },
      { op: 'put', key: '', value: 1 },
      { op: 'put', key: 'no value' },
      { op: 'jump', key: 'k' },
      { op: 'get', key: 'good', ttl: 5 },
      { op: 'patch', key: 'good', increment: 1, merge: {} },
      { op: 'put', key: 'good', value: 2, idempotencyKey: 'a b' },
    );
    expect(answers.map(({ status, code, field }: Operation) => [status, code ?? '', field ?? ''])).toEqual([
      [201, '', ''],
      [202, '', ''],
      [400, 'invalid_key', ''],
      [422, 'invalid_body', 'value'],
      [422, 'invalid_body', 'op'],
      [422, 'invalid_body', 'ttl'],
      [422, 'invalid_body', 'merge'],
      [400, 'invalid_parameter', ''],
    ]);
    expect(answers[1]).toMatchObject({ replicationStatus: 'replication_failed', error: expect.any(String) });
  });

  test('keeps values to the letter', async () => {
    const operation = '{"op":"put","key":"exact, \\"{[","value": {"a":[1.0, "],}"],"b":1e2} , "ttl":60}';
    await nodes.primary.call('POST', '/batch', { body: `{"operations":[ ${operation} ,{"op":"get","key":"x"}]}` });
    const { text } = await nodes.replica.call('GET', '/key/exact, "{[');
    expect(text).toContain('"value":{"a":[1.0, "],}"],"b":1e2},"version"');
  });

  test('names any key, also one that no path can', async () => {
    expect(await statuses({ op: 'put', key: '..', value: 1 }, { op: 'put', key: 'a?b', value: 2 })).toEqual([201, 201]);
    expect(await statuses({ op: 'get', key: '..' }, { op: 'get', key: 'a?b' })).toEqual([200, 200]);
  });

  test('reads what has changed only', async () => {
    const { headers } = await nodes.primary.call('PUT', '/key/tagged', { body: { value: 1 } });
    const get = { op: 'get', key: 'tagged', ifNoneMatch: headers.etag };
    expect(await results(get)).toEqual([{ status: 304 }]);
    await nodes.primary.call('PUT', '/key/tagged', { body: { value: 2 } });
    expect(await results(get)).toMatchObject([{ status: 200, value: 2 }]);
  });

  test('P1 named writes are done once', async () => {
    const operations = ['x', 'y'].map((key) => ({ op: 'patch', key, increment: 1, idempotencyKey: 'batch-1' }));
    const first = await results(...operations);
    expect(await results(...operations)).toEqual(first);
  });

  test('is not waited for, where that is asked', async () => {
    const answer = await send([{ op: 'put', key: 'async', value: 1 }], { prefer: 'respond-async' });
    expect(answer.headers['preference-applied']).toBe('respond-async');
    expect(answer.body.results).toMatchObject([{ status: 202, replicationStatus: 'pending' }]);
    await until(async () => (await nodes.replica.call('GET', '/key/async')).status === 200);
  });

  test('the replica answers reads, and sends each write to the primary', async () => {
    const body = {
      operations: [
        { op: 'get', key: 'a?b' },
        { op: 'put', key: 'k', value: 1 },
        { op: 'delete', key: 'k' },
      ],
    };
    const { body: answer } = await nodes.replica.call('POST', '/batch', { body });
    expect(answer.results).toMatchObject([
      { status: 200, value: 2 },
      { status: 421, code: 'not_primary', primary: expect.any(String) },
      { status: 421, code: 'not_primary', primary: expect.any(String) },
    ]);
  });

  test('answers with a mebibyte of values at most, and says what it has left out', async () => {
    const keys = [1, 2, 3, 4, 5].map((i) => `large/${i}`);
    const value = 'x'.repeat(256 * 1024 - 2);
    for (const key of keys) await nodes.primary.call('PUT', `/key/${key}`, { body: { value } });
    const answers = await results(...keys.map((key) => ({ op: 'get', key })), { op: 'put', key: 'small', value: 1 });
    expect(answers.map(({ status }: { status: number }) => status)).toEqual([200, 200, 200, 413, 413, 201]);
  });

  test.each([
    ['no object', '[]', 422],
    ['no operations', '{}', 422],
    ['operations that are no list', '{"operations":{}}', 422],
    ['another field', '{"operations":[],"atomic":true}', 422],
    ['101 operations', `{"operations":[${Array(101).fill('{"op":"get","key":"a"}').join()}]}`, 422],
    ['no JSON', '{"operations":[', 400],
    ['a name twice', '{"operations":[{"op":"get","key":"a","key":"b"}]}', 400],
    ['more than a mebibyte', `{"operations":["${'x'.repeat(1024 * 1024)}"]}`, 413],
  ])('that is %s is refused as a whole', async (_, body, status) => {
    expect((await nodes.primary.call('POST', '/batch', { body })).status).toBe(status);
  });

  test('of nothing is answered with nothing', async () => {
    expect(await results()).toEqual([]);
  });
});
