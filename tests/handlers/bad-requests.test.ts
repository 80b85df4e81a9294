// What bad input gets, on both roles: the right status, problem details with a stable code and a sentence that says
// what to do; and the node serves on, its data as before.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type ArtifactPair, artifactPair, PEER_TOKEN } from '../support/artifact.ts';
import type { EventOptions } from '../support/events.ts';

let nodes: ArtifactPair;
beforeAll(async () => {
  jest.spyOn(console, 'warn').mockImplementation(() => {});
  nodes = await artifactPair();
  await nodes.primary.call('PUT', '/key/k', { body: { value: 'before' } });
});
afterAll(() => nodes.close());

type Row = [what: string, method: string, path: string, options: EventOptions, status: number, code: string];
const deep = (levels: number) => `{"value":${'['.repeat(levels)}${']'.repeat(levels)}}`;
const lone = String.fromCharCode(0xd800);
const write = (what: string, options: EventOptions, status: number, code: string): Row => [
  what,
  'PUT',
  '/key/k',
  options,
  status,
  code,
];

/** Refused by the primary; the replica refuses every write before it looks at it. */
const WRITES: Row[] = [
  write('no body', {}, 400, 'invalid_json'),
  write('an empty body', { body: '' }, 400, 'invalid_json'),
  write('broken JSON', { body: '{"value":' }, 400, 'invalid_json'),
  write('an array', { body: [1] }, 422, 'invalid_body'),
  write('a bare string', { body: '"hello"' }, 422, 'invalid_body'),
  write('null', { body: 'null' }, 422, 'invalid_body'),
  write('no value', { body: {} }, 422, 'invalid_body'),
  write('an unknown field', { body: { value: 1, tll: 5 } }, 422, 'invalid_body'),
  write('__proto__ as a field', { body: '{"value":1,"__proto__":{"polluted":true}}' }, 422, 'invalid_body'),
  write('only __proto__', { body: '{"__proto__":{"value":1}}' }, 422, 'invalid_body'),
  ...[0, -1, 1.5, 315_360_001, '60', null, true].map((ttl) =>
    write(`ttl ${JSON.stringify(ttl)}`, { body: { value: 1, ttl } }, 422, 'invalid_body'),
  ),
  write('a value of 257 KiB', { body: { value: 'x'.repeat(257 * 1024) } }, 413, 'value_too_large'),
  write('a value one byte over the limit', { body: { value: 'x'.repeat(256 * 1024 - 1) } }, 413, 'value_too_large'),
  write(
    'a body of 3 MiB around a small value',
    { body: `{"value":1${' '.repeat(3 * 1024 * 1024)}}` },
    413,
    'value_too_large',
  ),
  write(
    'a ttl that nests 5,000 levels deep',
    { body: `{"value":1,"ttl":${'['.repeat(5000)}${']'.repeat(5000)}}` },
    422,
    'invalid_body',
  ),
  write('nesting of 65', { body: deep(65) }, 422, 'invalid_body'),
  write('nesting of 10,000', { body: deep(10_000) }, 422, 'invalid_body'),
  write('nesting of 500,000', { body: deep(500_000) }, 422, 'invalid_body'),
  write('a field twice', { body: '{"value":1,"value":2}' }, 400, 'invalid_json'),
  write('a field twice, once escaped', { body: '{"value":{"a":1,"\\u0061":2}}' }, 400, 'invalid_json'),
  write('half a surrogate pair in the value', { body: '{"value":"\\ud800"}' }, 400, 'invalid_json'),
  write('half a surrogate pair in a name', { body: '{"value":{"\\udc00":1}}' }, 400, 'invalid_json'),
  write('half a surrogate pair, not escaped', { body: `{"value":"${lone}"}` }, 400, 'invalid_json'),
  write(
    'another content type',
    { body: 'value=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    415,
    'unsupported_media_type',
  ),
  write(
    'bytes that are no UTF-8',
    { body: Buffer.from([...Buffer.from('{"value":"'), 0xff, ...Buffer.from('"}')]) },
    400,
    'invalid_json',
  ),
  write(
    'bytes that the gateway could not decode',
    { body: '{"value":"\ufffd"}', headers: { 'content-length': '13' } },
    400,
    'invalid_json',
  ),
  ...['abc', '"1', '1-1', '"a" "b"', '', 'W/1'].map((tag) =>
    write(`If-Match: ${tag}`, { body: { value: 1 }, headers: { 'if-match': tag } }, 400, 'invalid_parameter'),
  ),
  write(
    'If-Match with 21 tags',
    { body: { value: 1 }, headers: { 'if-match': Array.from({ length: 21 }, (_, i) => `"1-${i}"`).join(', ') } },
    400,
    'invalid_parameter',
  ),
  write(
    'a malformed If-None-Match',
    { body: { value: 1 }, headers: { 'if-none-match': 'x' } },
    400,
    'invalid_parameter',
  ),
  ['an empty key', 'PUT', '/key/', { body: { value: 1 } }, 400, 'invalid_key'],
  ['a key of 1,025 bytes', 'PUT', `/key/${'é'.repeat(512)}x`, { body: { value: 1 } }, 400, 'invalid_key'],
  ['half a surrogate pair as the key', 'PUT', `/key/${lone}`, { body: { value: 1 } }, 400, 'invalid_key'],
  ['a deletion of a key too long', 'DELETE', `/key/${'k'.repeat(1025)}`, {}, 400, 'invalid_key'],
];

/** Refused by both roles alike. */
const READS: Row[] = [
  ['a read of a key too long', 'GET', `/key/${'k'.repeat(1025)}`, {}, 400, 'invalid_key'],
  ['a read with half a surrogate pair', 'GET', `/key/${lone}`, {}, 400, 'invalid_key'],
  ['a status of a key too long', 'GET', `/status/${'k'.repeat(1025)}`, {}, 400, 'invalid_key'],
  ['a key that is not there', 'GET', '/key/none', {}, 404, 'key_not_found'],
  ['a status of a key never written', 'GET', '/status/none', {}, 404, 'key_not_found'],
  ['a malformed tag in a read', 'GET', '/key/k', { headers: { 'if-none-match': 'x' } }, 400, 'invalid_parameter'],
  ['a bad at_least', 'GET', '/key/k', { query: { at_least: 'soon' } }, 400, 'invalid_parameter'],
  ['wait=21', 'GET', '/key/k', { query: { at_least: '1-1', wait: '21' } }, 400, 'invalid_parameter'],
  ['wait=x', 'GET', '/key/k', { query: { at_least: '1-1', wait: 'x' } }, 400, 'invalid_parameter'],
  ...['0', '1001', '-1', '1.5', '', 'ten', '1e2'].map(
    (limit): Row => [`limit=${limit}`, 'GET', '/keys', { query: { limit } }, 400, 'invalid_parameter'],
  ),
  ...['!', 'a', '%%%', '', '_w', 'Zm9v='].map(
    (cursor): Row => [`cursor=${cursor}`, 'GET', '/keys', { query: { cursor } }, 400, 'invalid_parameter'],
  ),
  ['half a surrogate pair as the prefix', 'GET', '/keys', { query: { prefix: lone } }, 400, 'invalid_parameter'],
  ['an unknown path', 'GET', '/nothing', {}, 404, 'no_such_route'],
  ['the root', 'GET', '/', {}, 404, 'no_such_route'],
  ['a wrong method on a key', 'POST', '/key/k', {}, 405, 'method_not_allowed'],
  ['a wrong method on a page', 'DELETE', '/keys', {}, 405, 'method_not_allowed'],
  ['a wrong method on a repair', 'GET', '/repair', {}, 405, 'method_not_allowed'],
  ['a batch from a stranger', 'POST', '/replicate', { body: {} }, 401, 'unauthorized'],
  [
    'a batch with a wrong token',
    'POST',
    '/replicate',
    { body: {}, headers: { authorization: 'Bearer guess' } },
    403,
    'forbidden',
  ],
];

async function refuses(role: 'primary' | 'replica', [, method, path, options, status, code]: Row): Promise<void> {
  const { text, headers, body, ...reply } = await nodes[role].call(method, path, options);
  expect({ status: reply.status, code: body.code }).toEqual({ status, code });
  expect(headers['content-type']).toBe('application/problem+json');
  expect(body).toMatchObject({ type: 'about:blank', title: expect.any(String), status, requestId: 'test-request' });
  expect(body.detail).toMatch(/^.{15,}[^\s]$/s);
  expect(text).not.toContain('at Object');
  if (status === 405) expect(headers.allow).toMatch(/GET|POST/);
  if (status === 401) expect(headers['www-authenticate']).toBe('Bearer');
  const after = await nodes[role].call('GET', '/key/k');
  expect([after.body.value, after.body.version]).toEqual(['before', 1]);
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
}

describe('P8 the primary refuses', () => {
  test.each([...WRITES, ...READS])('%s', (...row) => refuses('primary', row));
});

describe('P8 the replica refuses', () => {
  test.each(READS)('%s', (...row) => refuses('replica', row));

  test.each(WRITES.filter(([, , path]) => path !== '/key/'))(
    'as not the primary: %s',
    (...[what, method, path, options]) => refuses('replica', [what, method, path, options, 421, 'not_primary']),
  );

  test('a write with where to send it', async () => {
    const { body } = await nodes.replica.call('PUT', '/key/k', { body: { value: 1 } });
    expect(body).toMatchObject({ code: 'not_primary', primary: nodes.primary.url });
  });

  test('a repair', async () => {
    expect((await nodes.replica.call('POST', '/repair')).body.code).toBe('not_primary');
  });
});

const LONG = 'x'.repeat(1000);
const peer = { headers: { authorization: `Bearer ${PEER_TOKEN}` } };

describe('P8 no more than 100 characters of what was sent are repeated', () => {
  test.each<[string, string, string, EventOptions]>([
    ['an absent key', 'GET', `/key/${LONG}`, {}],
    ['the status of an absent key', 'GET', `/status/${LONG}`, {}],
    ['a deletion of an absent key', 'DELETE', `/key/${LONG}`, {}],
    ['an absent divergent write', 'DELETE', `/divergent/${LONG}`, {}],
    ['an unknown path', 'GET', `/${LONG}`, {}],
    ['an unknown method', LONG, '/key/k', {}],
    ['an unknown field', 'PUT', '/key/k', { body: { value: 1, [LONG]: 1 } }],
    ['a ttl', 'PUT', '/key/k', { body: { value: 1, ttl: LONG } }],
    ['a name that stands twice', 'PUT', '/key/k', { body: `{"value":{"${LONG}":1,"${LONG}":2}}` }],
    ['a member that nests too deep', 'PUT', '/key/k', { body: `{"${LONG}":${'['.repeat(99)}${']'.repeat(99)}}` }],
    ['broken JSON', 'PUT', '/key/k', { body: `{"value":${LONG}` }],
    ['a content type', 'PUT', '/key/k', { body: '{}', headers: { 'content-type': LONG } }],
    ['a tag', 'PUT', '/key/k', { body: { value: 1 }, headers: { 'if-match': LONG } }],
    ['a parameter', 'GET', '/keys', { query: { limit: LONG } }],
    ['the kind of a fault', 'PUT', '/faults', { body: { faults: [{ kind: LONG }] } }],
    ['an unknown field of a fault', 'PUT', '/faults', { body: { faults: [{ kind: 'delay', [LONG]: 1 }] } }],
    ['a field of a message', 'POST', '/handshake', { ...peer, body: { protocol: 2, role: LONG } }],
    [
      'an unknown field of a message',
      'POST',
      '/switchover',
      { ...peer, body: { protocol: 2, from: 'a', to: 'b', [LONG]: 1 } },
    ],
  ])('%s', async (_, method, path, options) => {
    const { status, text } = await nodes.primary.call(method, path, options);
    expect(status).toBeGreaterThanOrEqual(400);
    // `field` may name the same once more.
    const repeated = (body: string) => (body.match(/x{4,}/g) ?? []).reduce((sum, { length }) => sum + length, 0);
    expect(repeated(JSON.parse(text).detail)).toBeLessThanOrEqual(100);
    expect(repeated(text)).toBeLessThanOrEqual(200);
    expect(text.length).toBeLessThan(800);
  });
});

test('a base64 body is read as its bytes', async () => {
  const { status } = await nodes.primary.call('PUT', '/key/encoded', { body: Buffer.from('{"value":"é"}') });
  expect(status).toBe(201);
  expect((await nodes.replica.call('GET', '/key/encoded')).body.value).toBe('é');
});

test('P8 an error that nobody foresaw is 500, is logged, and tells nothing', async () => {
  const logged: string[] = [];
  const { error } = console;
  const { now } = Date;
  console.error = (line: string) => logged.push(line);
  Date.now = () => {
    throw new TypeError('a secret of the inside');
  };
  try {
    const { status, body, text } = await nodes.primary.call('GET', '/key/k');
    expect([status, body.code]).toEqual([500, 'internal_error']);
    expect(text).not.toMatch(/TypeError|secret/);
    expect(logged.join()).toContain('TypeError: a secret of the inside');
    expect(logged.join()).toContain('test-request');
  } finally {
    console.error = error;
    Date.now = now;
  }
});
