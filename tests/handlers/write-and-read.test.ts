// Writes and reads, as a client sees them, on the artifact of both roles.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ArtifactPair, artifactPair } from '../support/artifact.ts';

let nodes: ArtifactPair;
beforeAll(async () => {
  nodes = await artifactPair();
});
afterAll(() => nodes.close());

const put = (key: string, body: unknown, headers = {}) => nodes.primary.call('PUT', `/key/${key}`, { body, headers });
const get = (key: string, headers = {}, query?: Record<string, string>) =>
  nodes.primary.call('GET', `/key/${key}`, { headers, ...(query && { query }) });
const getCopy = (key: string, query?: Record<string, string>) =>
  nodes.replica.call('GET', `/key/${key}`, query ? { query } : {});

describe('a write', () => {
  test('P1 P2 creates with 201, and is on both nodes when it says replicated', async () => {
    const created = await put('greeting', { value: 'hello' });
    expect(created.status).toBe(201);
    expect(created.body).toEqual({ key: 'greeting', version: 1, epoch: expect.any(Number), status: 'replicated' });
    expect(created.headers).toMatchObject({ location: '/key/greeting', 'replication-status': 'replicated' });
    expect((await get('greeting')).body.value).toBe('hello');
    expect((await getCopy('greeting')).body.value).toBe('hello');
  });

  test('replaces with 200 and the next version', async () => {
    await put('counter', { value: 1 });
    const replaced = await put('counter', { value: 2 });
    expect(replaced.status).toBe(200);
    expect(replaced.body.version).toBe(2);
    expect(replaced.headers.location).toBeUndefined();
  });

  test('P1 P6 that the replica refuses is safe on the primary, and says so with 202', async () => {
    const failed = await put('bad', { value: '__fail__' });
    expect(failed.status).toBe(202);
    expect(failed.body).toMatchObject({ status: 'replication_failed', error: expect.stringContaining('500') });
    expect((await get('bad')).body.value).toBe('__fail__');
    expect((await getCopy('bad')).status).toBe(404);

    const healed = await put('bad', { value: 'good' });
    expect(healed.body.status).toBe('replicated');
    expect((await getCopy('bad')).body.value).toBe('good');
  });

  test.each([
    ['null', 'null'],
    ['an empty string', '""'],
    ['zero', '0'],
    ['false', 'false'],
    ['an empty object', '{}'],
    ['nested', '{"a":[1,{"b":null}],"__proto__":{"c":1}}'],
    ['a number beyond double precision', '123456789012345678901234567890.000000000000000000001'],
    ['any Unicode', '"\\u0000 é 漢 😀 \\ud83d\\ude00"'],
    ['64 levels', `${'['.repeat(64)}${']'.repeat(64)}`],
  ])('keeps %s to the letter, on both nodes', async (_, json) => {
    const { status } = await nodes.primary.call('PUT', '/key/any', { body: ` { "value" : ${json} } ` });
    expect([200, 201]).toContain(status);
    expect((await get('any')).text).toContain(`"value":${json},"version"`);
    expect((await getCopy('any')).text).toContain(`"value":${json},"version"`);
  });

  test.each([
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'a b',
    'a/b//c',
    'a%2Fb',
    'a%25b',
    '😀',
    '\u0000',
    ' ',
    '?#',
    'é',
  ])('takes %j as a key like any other', async (key) => {
    expect((await put(key, { value: key })).body).toMatchObject({ key, version: 1, status: 'replicated' });
    expect((await get(key)).body).toMatchObject({ key, value: key });
    expect((await getCopy(key)).body).toMatchObject({ key, value: key });
    expect((await nodes.primary.call('GET', `/status/${key}`)).body).toMatchObject({ key, status: 'replicated' });
  });

  test('takes a key of 1,024 bytes and a value of 256 KiB', async () => {
    const key = 'é'.repeat(512);
    const value = 'x'.repeat(256 * 1024 - 2);
    expect((await put(key, { value })).status).toBe(201);
    expect((await getCopy(key)).body.value).toBe(value);
  });
});

describe('a deletion', () => {
  test('P3 leaves a tombstone on both nodes, and a new write goes on counting', async () => {
    await put('gone', { value: 1 });
    const deleted = await nodes.primary.call('DELETE', '/key/gone');
    expect(deleted.status).toBe(200);
    expect(deleted.body).toMatchObject({ version: 2, status: 'replicated' });
    expect((await get('gone')).body.code).toBe('key_not_found');
    expect((await getCopy('gone')).body.code).toBe('key_not_found');
    expect((await nodes.primary.call('GET', '/status/gone')).body).toMatchObject({ version: 2, deleted: true });
    expect((await put('gone', { value: 2 })).body.version).toBe(3);
  });

  test('of nothing is 404', async () => {
    expect((await nodes.primary.call('DELETE', '/key/never')).body.code).toBe('key_not_found');
  });
});

describe('a condition', () => {
  test('P1 If-None-Match: * creates only', async () => {
    expect((await put('once', { value: 1 }, { 'if-none-match': '*' })).status).toBe(201);
    const second = await put('once', { value: 2 }, { 'if-none-match': '*' });
    expect(second.status).toBe(412);
    expect(second.body).toMatchObject({ code: 'precondition_failed', currentVersion: 1 });
  });

  test('P1 If-Match replaces only that version', async () => {
    const first = await put('guarded', { value: 1 });
    const { etag } = first.headers as { etag: string };
    expect((await put('guarded', { value: 2 }, { 'if-match': `"other", ${etag}` })).status).toBe(200);
    expect((await put('guarded', { value: 3 }, { 'if-match': etag })).body.currentVersion).toBe(2);
    expect((await put('guarded', { value: 3 }, { 'if-match': `W/${etag}` })).status).toBe(412);
    expect((await put('guarded', { value: 3 }, { 'if-match': '*' })).status).toBe(200);
    expect((await put('absent', { value: 3 }, { 'if-match': '*' })).body).toMatchObject({
      code: 'precondition_failed',
      currentVersion: null,
    });
    expect((await nodes.primary.call('DELETE', '/key/guarded', { headers: { 'if-match': etag } })).status).toBe(412);
  });
});

describe('a read', () => {
  test('carries the same strong ETag on both nodes, and 304 for it', async () => {
    const { etag } = (await put('tagged', { value: 1 })).headers as { etag: string };
    expect(etag).toMatch(/^"[^"]+"$/);
    expect((await get('tagged')).headers.etag).toBe(etag);
    expect((await getCopy('tagged')).headers.etag).toBe(etag);
    const unchanged = await get('tagged', { 'if-none-match': `W/${etag}` });
    expect([unchanged.status, unchanged.text]).toEqual([304, '']);
    await nodes.primary.call('DELETE', '/key/tagged');
    const again = await put('tagged', { value: 1 });
    expect(again.headers.etag).not.toBe(etag);
    expect((await get('tagged', { 'if-none-match': etag })).status).toBe(200);
  });

  test('says how the copy is doing, and when it was written', async () => {
    await put('dated', { value: 1 });
    expect((await get('dated')).headers).toMatchObject({
      'replication-status': 'replicated',
      'last-modified': expect.stringMatching(/GMT$/),
    });
    expect((await getCopy('dated')).headers['replication-status']).toBe('replica');
  });

  test('at_least answers with that version or a newer one, and 503 when it is not there in time', async () => {
    const { headers } = await put('fresh', { value: 1 });
    expect((await getCopy('fresh', { at_least: headers.etag as string })).status).toBe(200);
    expect((await getCopy('fresh', { at_least: (headers.etag as string).replaceAll('"', '') })).status).toBe(200);
    const [epoch] = (headers.etag as string).replaceAll('"', '').split('-');
    const late = await getCopy('fresh', { at_least: `${epoch}-2` });
    expect([late.status, late.body.code, late.headers['retry-after']]).toEqual([503, 'not_yet_replicated', '1']);

    const waiting = getCopy('fresh', { at_least: `${epoch}-2`, wait: '20' });
    await put('fresh', { value: 2 });
    expect((await waiting).body.value).toBe(2);
  });

  test('of an expired key is 404 on both nodes; its status and version stay', async () => {
    const { now } = Date;
    let time = now();
    Date.now = () => time;
    try {
      await put('brief', { value: 1, ttl: 3600 });
      expect((await get('brief')).body.expiresAt).toMatch(/Z$/);
      // The clock of a node runs on while that of the machine stands still: some more, so that it is over in any case.
      time += 3_700_000;
      const [read, copy, written] = [
        await get('brief'),
        await getCopy('brief'),
        await put('brief', { value: 2 }, { 'if-none-match': '*' }),
      ];
      expect([read.status, copy.status]).toEqual([404, 404]);
      expect([written.status, written.body.version]).toEqual([201, 2]);
    } finally {
      Date.now = now;
    }
  });
});
