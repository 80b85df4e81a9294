// PATCH, named writes, and writes that are not waited for, as a client sees them, on the artifact of both roles.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ArtifactPair, artifactPair } from '../support/artifact.ts';
import { until } from '../support/until.ts';

let nodes: ArtifactPair;
beforeAll(async () => {
  nodes = await artifactPair();
});
afterAll(() => nodes.close());

type Headers = Record<string, string>;
const put = (key: string, body: unknown, headers: Headers = {}) =>
  nodes.primary.call('PUT', `/key/${key}`, { body, headers });
const patch = (key: string, body: unknown, headers: Headers = {}) =>
  nodes.primary.call('PATCH', `/key/${key}`, { body, headers });
const get = (key: string) => nodes.primary.call('GET', `/key/${key}`);
const getCopy = (key: string) => nodes.replica.call('GET', `/key/${key}`);

describe('increment', () => {
  test('P1 P2 of a missing key starts at 0, creates it, and is on both nodes', async () => {
    const created = await patch('hits', { increment: 2 });
    expect(created.status).toBe(201);
    expect(created.headers).toMatchObject({ location: '/key/hits', 'replication-status': 'replicated' });
    expect(created.body).toEqual({
      key: 'hits',
      version: 1,
      epoch: expect.any(Number),
      status: 'replicated',
      value: 2,
    });
    const next = await patch('hits', { increment: -0.5 });
    expect([next.status, next.body.value, next.body.version]).toEqual([200, 1.5, 2]);
    expect((await getCopy('hits')).body.value).toBe(1.5);
  });

  test('two hundred at once add up to two hundred, on both nodes', async () => {
    const answers = await Promise.all(Array.from({ length: 200 }, () => patch('sum', { increment: 1 })));
    expect(new Set(answers.map(({ body }) => body.value)).size).toBe(200);
    expect((await get('sum')).body.value).toBe(200);
    expect((await getCopy('sum')).body.value).toBe(200);
  });

  test.each([
    ['text', '"a"'],
    ['null', 'null'],
    ['a list', '[1]'],
    ['what grows beyond the whole numbers that a double holds', '9007199254740991'],
    ['what no double holds', '1e999'],
  ])('of %s is 422, and changes nothing', async (_, value) => {
    const { body } = await nodes.primary.call('PUT', '/key/odd', { body: `{"value":${value}}` });
    const refused = await patch('odd', { increment: 1 });
    expect([refused.status, refused.body.code, refused.body.field]).toEqual([422, 'invalid_body', 'increment']);
    expect((await get('odd')).body.version).toBe(body.version);
  });
});

describe('merge', () => {
  test('follows RFC 7396, and keeps numbers to the letter', async () => {
    await nodes.primary.call('PUT', '/key/doc', {
      body: '{"value":{"a":1.0,"big":12345678901234567890,"list":[1],"deep":{"x":1,"y":2},"__proto__":{"p":1}}}',
    });
    const merged = await nodes.primary.call('PATCH', '/key/doc', {
      body: '{"merge":{"list":[2],"deep":{"x":null,"z":3.00},"new":1e2,"__proto__":{"q":1}}}',
    });
    expect(merged.status).toBe(200);
    expect(merged.text).toContain(
      '"value":{"a":1.0,"big":12345678901234567890,"list":[2],"deep":{"y":2,"z":3.00},"__proto__":{"p":1,"q":1},"new":1e2}}',
    );
    expect((await getCopy('doc')).text).toContain('"big":12345678901234567890');
  });

  test('starts from {} where there is nothing, and where there is no object', async () => {
    expect((await patch('fresh', { merge: { a: { b: null, c: 1 } } })).body.value).toEqual({ a: { c: 1 } });
    await put('scalar', { value: 7 });
    expect((await patch('scalar', { merge: { a: 1 } })).body.value).toEqual({ a: 1 });
  });

  test('of what would be too large, or nest too deep, changes nothing', async () => {
    await put('large', { value: { a: 'x'.repeat(200 * 1024) } });
    expect((await patch('large', { merge: { b: 'x'.repeat(100 * 1024) } })).body.code).toBe('value_too_large');
    const deep = `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`;
    await nodes.primary.call('PUT', '/key/deep', { body: `{"value":${deep}}` });
    const deeper = `${'{"a":'.repeat(39)}{"b":${deep}}${'}'.repeat(39)}`;
    const refused = await nodes.primary.call('PATCH', '/key/deep', { body: `{"merge":${deeper}}` });
    expect([refused.status, refused.body.code]).toEqual([422, 'invalid_body']);
  });
});

describe('expiry', () => {
  test('is set, moved and taken away without the value, and kept by the other patches', async () => {
    await put('brief', { value: 1, ttl: 100 });
    const first = Date.parse((await get('brief')).body.expiresAt);
    await patch('brief', { increment: 1 });
    expect(Date.parse((await get('brief')).body.expiresAt)).toBe(first);
    const moved = await patch('brief', { ttl: 1000 });
    expect(moved.body).toMatchObject({ version: 3, value: 2 });
    expect(Date.parse((await getCopy('brief')).body.expiresAt)).toBeGreaterThan(first);
    await patch('brief', { expiresAt: '2035-01-31T12:00:00.250+01:00' });
    expect((await getCopy('brief')).body.expiresAt).toBe('2035-01-31T11:00:00.250Z');
    await patch('brief', { ttl: null });
    expect((await getCopy('brief')).body).not.toHaveProperty('expiresAt');
  });

  test('of a missing key is 404', async () => {
    expect((await patch('never', { ttl: 5 })).body.code).toBe('key_not_found');
    expect((await patch('never', { expiresAt: null })).body.code).toBe('key_not_found');
  });

  test('a write takes expiresAt in the place of ttl', async () => {
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    await put('timed', { value: 1, expiresAt });
    expect((await getCopy('timed')).body.expiresAt).toBe(expiresAt);
  });

  test.each([
    ['both', { ttl: 1, expiresAt: '2035-01-01T00:00:00Z' }],
    ['a time that is over', { expiresAt: '2001-01-01T00:00:00Z' }],
    ['more than ten years', { expiresAt: '2099-01-01T00:00:00Z' }],
    ['a day that is none', { expiresAt: '2031-02-30T00:00:00Z' }],
    ['no zone', { expiresAt: '2031-02-20T00:00:00' }],
    ['no time', { expiresAt: 'tomorrow' }],
    ['a number', { expiresAt: 1_900_000_000_000 }],
  ])('a write with %s is 422', async (_, expiry) => {
    const refused = await put('untimed', { value: 1, ...expiry });
    expect([refused.status, refused.body.code, refused.body.field]).toEqual([422, 'invalid_body', 'expiresAt']);
  });
});

describe('what PATCH does not take', () => {
  test.each([
    ['nothing', {}],
    ['two changes', { increment: 1, ttl: 5 }],
    ['another field', { value: 1 }],
    ['a number as text', { increment: '1' }],
    ['a list to merge', { merge: [1] }],
    ['a ttl of 0', { ttl: 0 }],
  ])('%s is 422', async (_, body) => {
    const refused = await patch('k', body);
    expect([refused.status, refused.body.code]).toEqual([422, 'invalid_body']);
  });

  test('another content type is 415, and Accept-Patch says what it takes', async () => {
    const refused = await patch('k', { increment: 1 }, { 'content-type': 'text/plain' });
    expect([refused.status, refused.headers['accept-patch']]).toEqual([415, 'application/json']);
  });

  test('a condition that does not hold is 412; the replica sends to the primary', async () => {
    expect((await patch('none', { increment: 1 }, { 'if-match': '*' })).status).toBe(412);
    const { etag } = (await put('guard', { value: 1 })).headers as { etag: string };
    expect((await patch('guard', { increment: 1 }, { 'if-match': etag })).body.value).toBe(2);
    expect((await patch('guard', { increment: 1 }, { 'if-match': etag })).status).toBe(412);
    expect((await nodes.replica.call('PATCH', '/key/guard', { body: { increment: 1 } })).body.code).toBe('not_primary');
  });
});

describe('Idempotency-Key', () => {
  const named = (id: string) => ({ 'idempotency-key': id });

  test('P1 a repeat is answered as the first was, and writes nothing', async () => {
    const first = await put('order', { value: 'a' }, named('1'));
    const repeat = await put('order', { value: 'a' }, named('1'));
    expect([repeat.status, repeat.body, repeat.headers.etag]).toEqual([201, first.body, first.headers.etag]);
    const counted = [1, 2, 3].map(() => patch('count', { increment: 5 }, named('c')));
    expect((await Promise.all(counted)).map(({ body }) => [body.value, body.version])).toEqual(Array(3).fill([5, 1]));
    await patch('count', { increment: 1 });
    expect((await patch('count', { increment: 5 }, named('c'))).body).toMatchObject({ value: 5, version: 1 });
    expect((await get('count')).body.value).toBe(6);
  });

  test('a repeat of a deletion is no 404, and one of a conditional write no 412', async () => {
    await put('once', { value: 1 }, { ...named('new'), 'if-none-match': '*' });
    expect((await put('once', { value: 1 }, { ...named('new'), 'if-none-match': '*' })).status).toBe(201);
    const remove = () => nodes.primary.call('DELETE', '/key/once', { headers: named('gone') });
    const first = await remove();
    expect([first.status, (await remove()).body]).toEqual([200, first.body]);
  });

  test('a repeat of what was not copied tries that again', async () => {
    await nodes.replica.call('PUT', '/faults', { body: { faults: [{ kind: 'error', keyPrefix: 'slow', count: 1 }] } });
    expect((await put('slow', { value: 1 }, named('s'))).status).toBe(202);
    const repeat = await put('slow', { value: 1 }, named('s'));
    expect([repeat.status, repeat.body.status, repeat.body.version]).toEqual([201, 'replicated', 1]);
  });

  test.each([
    ['empty', ''],
    ['too long', 'x'.repeat(65)],
    ['not visible', 'a b'],
  ])('that is %s is 400', async (_, id) => {
    const refused = await put('k', { value: 1 }, named(id));
    expect([refused.status, refused.body.parameter]).toEqual([400, 'Idempotency-Key']);
  });
});

describe('Prefer: respond-async', () => {
  test('P1 is answered 202 as soon as it is stored, and is on the replica a moment later', async () => {
    const answer = await put('later', { value: 1 }, { prefer: 'wait=5, Respond-Async' });
    expect(answer.status).toBe(202);
    expect(answer.headers).toMatchObject({ 'preference-applied': 'respond-async', 'replication-status': 'pending' });
    expect(answer.body).toMatchObject({ status: 'pending', error: expect.stringContaining('not waited for') });
    expect((await get('later')).body.value).toBe(1);
    await until(async () => (await getCopy('later')).status === 200);
    expect((await nodes.primary.call('GET', '/status/later')).body.status).toBe('replicated');
  });

  test('another preference changes nothing', async () => {
    expect((await put('now', { value: 1 }, { prefer: 'return=minimal' })).status).toBe(201);
  });
});
