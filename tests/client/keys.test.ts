// The client's methods for keys, on a real pair.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type Client,
  createClient,
  type Entry,
  isTandemError,
  JsonText,
  type TandemError,
} from '../../client/client.ts';
import { type Pair, startPair } from '../support/nodes.ts';

let nodes: Pair;
let kv: Client;
beforeAll(async () => {
  nodes = await startPair({}, { serve: {} });
  kv = createClient({ primary: nodes.primary.url, replica: nodes.replica.url });
});
afterAll(() => nodes?.stop());

const rejection = (promise: Promise<unknown>): Promise<TandemError> =>
  promise.then(
    () => {
      throw new Error('It was done.');
    },
    (error) => error,
  );

interface User {
  readonly name: string;
  readonly logins: number;
}

describe('put and get', () => {
  test('a value is read as it was written, with its stamp, on both nodes', async () => {
    const written = await kv.put<User>('user/ada', { name: 'Ada', logins: 1 });
    expect(written).toMatchObject({ key: 'user/ada', version: 1, status: 'replicated' });
    expect(written.etag).toBe(`"${written.epoch}-1"`);
    for (const readFrom of ['primary', 'replica', 'nearest'] as const) {
      const entry: Entry<User> | undefined = await kv.get<User>('user/ada', { readFrom });
      expect(entry).toMatchObject({ value: { name: 'Ada', logins: 1 }, etag: written.etag, version: 1 });
    }
    const copy = await kv.get<User>('user/ada', { readFrom: 'replica' });
    expect(copy?.status).toBe('replica');
    expect(copy?.receipt.url).toBe(nodes.replica.url);
  });

  test.each(['a/b c', 'a%2Fb', 'a?b#c', 'ключ 😀', '__proto__', "it's", ' '])(
    'the key %j is like any other',
    async (key) => {
      await kv.put(key, key);
      expect((await kv.get(key))?.value).toBe(key);
      expect(await kv.delete(key)).toMatchObject({ key, version: 2 });
    },
  );

  test('a number that no double holds is sent and read to the letter, where a program asks for that', async () => {
    const text = '{"b":12345678901234567890,"1":1.0}';
    await kv.put('exact/one', new JsonText(text));
    await kv.batch([{ op: 'put', key: 'exact/batch', value: new JsonText(text) }]);
    const answers: string[] = [];
    const keeping = createClient({
      primary: nodes.primary.url,
      parse: (answer) => JSON.parse(answers[answers.push(answer) - 1] as string),
    });
    await keeping.listPage({ prefix: 'exact/', values: true });
    expect(answers[0]?.split(text)).toHaveLength(3);
    expect(() => new JsonText('{a}')).toThrow(SyntaxError);
  });

  test.each([null, false, 0, '', [], {}, { a: [1, { b: null }] }])('the value %j comes back', async (value) => {
    await kv.put('value', value);
    expect((await kv.get('value'))?.value).toEqual(value);
  });

  test('there is no entry of a key that is not there, and nothing to delete', async () => {
    expect(await kv.get('absent')).toBeUndefined();
    expect(await kv.delete('absent')).toBeUndefined();
    expect(await kv.status('absent')).toBeUndefined();
    expect(await kv.touch('absent', { ttl: 10 })).toBeUndefined();
  });

  test('a write whose condition does not hold is refused, with the version that there is', async () => {
    const { etag } = await kv.put('conditional', 1);
    await kv.put('conditional', 2, { ifMatch: etag });
    const error = await rejection(kv.put('conditional', 3, { ifMatch: etag }));
    if (!isTandemError(error, 'precondition_failed')) throw error;
    expect(error).toMatchObject({ status: 412, url: nodes.primary.url, attempts: 1, mayBeDone: false });
    expect(error.details.currentVersion).toBe(2);
    expect(error.requestId).toEqual(expect.any(String));
    expect(await rejection(kv.put('conditional', 3, { ifAbsent: true }))).toMatchObject({
      code: 'precondition_failed',
    });
    expect(await rejection(kv.delete('conditional', { ifMatch: etag }))).toMatchObject({ code: 'precondition_failed' });
  });

  test('a key expires when it is said to, in seconds or at a time', async () => {
    const expiresAt = new Date(Date.now() + 60_000);
    await kv.put('expiring', 1, { expiresAt });
    expect((await kv.get('expiring'))?.expiresAt).toBe(expiresAt.toISOString());
    await kv.put('expiring', 1, { ttl: 30 });
    const { updatedAt = '', expiresAt: until = '' } = (await kv.get('expiring')) ?? {};
    expect(Date.parse(until) - Date.parse(updatedAt)).toBe(30_000);
  });

  test('what no node takes is told by its code', async () => {
    expect(await rejection(kv.put('deep', 1, { ttl: 0.5 }))).toMatchObject({
      code: 'invalid_body',
      details: { field: 'ttl' },
    });
    expect(await rejection(kv.put('long', 'x'.repeat(300_000)))).toMatchObject({
      code: 'value_too_large',
      status: 413,
    });
    for (const key of ['', '.', '..', '\ud800', 'x'.repeat(2000)])
      expect(await rejection(kv.put(key, 1))).toMatchObject({ code: 'invalid_key' });
    await expect(kv.put('undefined', undefined)).rejects.toThrow(TypeError);
    await expect(kv.put('time', 1, { expiresAt: 'tomorrow' })).rejects.toThrow(TypeError);
  });
});

describe('changes in one step', () => {
  test('two hundred increments at once add up to two hundred', async () => {
    const sums = await Promise.all(Array.from({ length: 200 }, () => kv.increment('counter')));
    expect(new Set(sums.map(({ value }) => value)).size).toBe(200);
    expect((await kv.get('counter'))?.value).toBe(200);
    expect((await kv.increment('counter', -0.5)).value).toBe(199.5);
  });

  test('twenty updates at once all count, and see the value of the one before', async () => {
    await Promise.all(
      Array.from({ length: 20 }, () => kv.update<number[]>('list', (old = []) => [...old, old.length])),
    );
    expect((await kv.get('list'))?.value).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  test('an update leaves the expiry, unless it is told another one', async () => {
    await kv.put('updated', 1, { ttl: 60 });
    const before = await kv.get('updated');
    const changed = await kv.update<number>('updated', async (old = 0) => old + 1);
    expect(changed).toMatchObject({ value: 2, version: 2, status: 'replicated' });
    expect((await kv.get('updated'))?.expiresAt).toBe(before?.expiresAt);
    await kv.update<number>('updated', (old = 0) => old + 1, { ttl: 600 });
    expect(Date.parse((await kv.get('updated'))?.expiresAt ?? '')).toBeGreaterThan(Date.parse(before?.expiresAt ?? ''));
  });

  test('an update ends with the error of its function, and writes nothing', async () => {
    await kv.put('kept', 1);
    const stop = () => {
      throw new RangeError('enough');
    };
    await expect(kv.update('kept', stop)).rejects.toThrow(RangeError);
    expect((await kv.get('kept'))?.version).toBe(1);
  });

  test('merge and touch change what they name', async () => {
    await kv.put('merged', { a: 1, b: 2 });
    expect(await kv.merge<object>('merged', { b: null, c: 3 })).toMatchObject({ value: { a: 1, c: 3 }, version: 2 });
    expect(await kv.touch('merged', { ttl: 100 })).toMatchObject({ version: 3 });
    expect((await kv.get('merged'))?.expiresAt).toEqual(expect.any(String));
    await kv.touch('merged', { expiresAt: '2030-01-31T12:00:00Z' });
    expect((await kv.get('merged'))?.expiresAt).toBe('2030-01-31T12:00:00.000Z');
    await kv.touch('merged', null);
    expect(await kv.get('merged')).toMatchObject({ value: { a: 1, c: 3 }, version: 5 });
    expect((await kv.get('merged'))?.expiresAt).toBeUndefined();
    await expect(kv.touch('merged', {})).rejects.toThrow(TypeError);
    expect(await rejection(kv.increment('merged'))).toMatchObject({ code: 'invalid_body', status: 422 });
  });

  test('a write that is named is done once, whoever repeats it', async () => {
    const first = await kv.increment('named', 1, { idempotencyKey: 'job-7' });
    const another = createClient({ primary: nodes.primary.url, replica: nodes.replica.url });
    expect(await another.increment('named', 1, { idempotencyKey: 'job-7' })).toEqual(first);
    expect((await kv.get('named'))?.value).toBe(1);
  });

  test('a write does not wait for the replica where it is told not to', async () => {
    expect(await kv.put('async', 1, { respondAsync: true })).toMatchObject({ status: 'pending' });
  });
});

describe('list', () => {
  const PREFIX = 'listed/';
  beforeAll(async () => {
    for (let i = 0; i < 25; i++) await kv.put(`${PREFIX}${String(i).padStart(2, '0')}`, i);
  });

  test('all keys in order, from as many pages as there are', async () => {
    const keys = [];
    for await (const { key, etag } of kv.list({ prefix: PREFIX, limit: 10 })) keys.push([key, etag]);
    expect(keys).toHaveLength(25);
    expect(keys.map(([key]) => key)).toEqual([...keys.map(([key]) => key)].sort());
    expect((await kv.get(`${PREFIX}03`))?.etag).toBe(keys[3]?.[1]);
  });

  test('with values, from the replica', async () => {
    const values: number[] = [];
    for await (const { value } of kv.list<number>({ prefix: PREFIX, values: true, readFrom: 'replica' }))
      values.push(value);
    expect(values).toEqual(Array.from({ length: 25 }, (_, i) => i));
  });

  test('page by page', async () => {
    const first = await kv.listPage({ prefix: PREFIX, limit: 20 });
    expect(first).toMatchObject({ complete: false, cursor: expect.any(String) });
    const second = await kv.listPage({ prefix: PREFIX, limit: 20, cursor: first.cursor as string });
    expect(second.keys).toHaveLength(5);
    expect(second).toMatchObject({ complete: true });
  });

  test('downwards, and folded at a delimiter', async () => {
    await kv.put(`${PREFIX}below/a`, 1);
    await kv.put(`${PREFIX}below/b`, 1);
    const last = await kv.listPage({ prefix: PREFIX, reverse: true, limit: 1 });
    expect(last.keys[0]?.key).toBe(`${PREFIX}below/b`);
    const names: string[] = [];
    for await (const each of kv.list({ prefix: PREFIX, delimiter: '/', limit: 10 }))
      names.push('prefix' in each ? each.prefix : each.key);
    expect(names).toHaveLength(26);
    expect(names.filter((name) => name.includes('below'))).toEqual([`${PREFIX}below/`]);
  });

  test('a loop that is left asks for no further page', async () => {
    for await (const { key } of kv.list({ prefix: PREFIX, limit: 1 })) {
      expect(key).toBe(`${PREFIX}00`);
      break;
    }
  });
});
