// The HTTP contract that both runners keep: the emulator of `npm start`, and `npm run serve`. What the emulator answers in its own
// words is declared here, and docs/serve.md lists it.
import { describe, expect, test } from '@jest/globals';
import type { Pair } from '../support/nodes.ts';
import { getKey, json, putKey, steadyHeaders } from '../support/requests.ts';

export type Runner = 'serve' | 'emulator';

/** What the emulator does otherwise: as docs/serve.md has it in its table. */
export const DIFFERENCES = {
  escape: 'a malformed escape in the path (`/key/%ff`)',
  query: 'a malformed escape in the query (`?prefix=%ff`)',
  cookie: 'a malformed `Cookie`',
  type: 'a malformed `Content-Type`',
  large: 'a body of more than 10 MB',
  metrics: '`GET /metrics`',
} as const;

type Difference = keyof typeof DIFFERENCES;

/** What it answers then, always without a problem detail. */
const OF_EMULATOR: Readonly<Record<Exclude<Difference, 'metrics'>, { readonly status: number }>> = {
  escape: { status: 400 },
  query: { status: 200 },
  cookie: { status: 400 },
  type: { status: 400 },
  large: { status: 413 },
};

interface Refused {
  readonly path: string;
  readonly status: number;
  readonly code: string;
  readonly init?: RequestInit;
  /** Absent: the emulator answers the same. */
  readonly difference?: keyof typeof OF_EMULATOR;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const LARGE = Buffer.alloc(10 * 1024 * 1024 + 1, ' ');
const NO_UTF8 = Buffer.from([...Buffer.from('{"value":"'), 0xff, ...Buffer.from('"}')]);

const REFUSED: readonly Refused[] = [
  { path: '/key/none', status: 404, code: 'key_not_found' },
  { path: '/key/', status: 400, code: 'invalid_key' },
  { path: '/nothing', status: 404, code: 'no_such_route' },
  { path: '//key/foo', status: 404, code: 'no_such_route' },
  { path: '/keys', status: 405, code: 'method_not_allowed', init: { method: 'DELETE' } },
  { path: '/key/foo', status: 405, code: 'method_not_allowed', init: { method: 'POST' } },
  { path: '/digest', status: 401, code: 'unauthorized' },
  { path: '/keys?limit=1&limit=2', status: 400, code: 'invalid_parameter' },
  { path: '/key/foo', status: 400, code: 'invalid_json', init: { method: 'PUT', headers: JSON_TYPE, body: '{' } },
  { path: '/key/foo', status: 422, code: 'invalid_body', init: { method: 'PUT', headers: JSON_TYPE, body: '[]' } },
  {
    path: '/key/foo',
    status: 415,
    code: 'unsupported_media_type',
    init: { method: 'PUT', headers: { 'content-type': 'text/plain' }, body: 'x' },
  },
  { path: '/key/contract', status: 400, code: 'invalid_parameter', init: { headers: { 'if-none-match': 'nonsense' } } },
  { path: '/key/%ff', status: 400, code: 'invalid_key', difference: 'escape' },
  { path: '/key/a%2', status: 400, code: 'invalid_key', difference: 'escape' },
  { path: '/%ff', status: 404, code: 'no_such_route', difference: 'escape' },
  { path: '/keys?prefix=%ff', status: 400, code: 'invalid_parameter', difference: 'query' },
  {
    path: '/key/none',
    status: 404,
    code: 'key_not_found',
    init: { headers: { cookie: 'a=";' } },
    difference: 'cookie',
  },
  {
    path: '/key/foo',
    status: 415,
    code: 'unsupported_media_type',
    init: { method: 'PUT', headers: { 'content-type': 'nonsense' }, body: 'x' },
    difference: 'type',
  },
  {
    path: '/key/foo',
    status: 413,
    code: 'value_too_large',
    init: { method: 'PUT', headers: JSON_TYPE, body: LARGE },
    difference: 'large',
  },
  { path: '/key/foo', status: 400, code: 'invalid_json', init: { method: 'PUT', headers: JSON_TYPE, body: NO_UTF8 } },
];

/** @param pairOf the pair, once the tests run */
export function httpContract(runner: Runner, pairOf: () => Pair): void {
  const both = () => [pairOf().primary, pairOf().replica];

  describe('the contract, over HTTP', () => {
    test('a write is on both nodes, and its status says so', async () => {
      const { primary, replica } = pairOf();
      const written = await putKey(primary, 'contract', 'hello');
      expect([written.status, written.headers.get('location')]).toEqual([201, '/key/contract']);
      expect(await json(written)).toMatchObject({ key: 'contract', version: 1, status: 'replicated' });
      for (const node of both())
        expect(await json(getKey(node, 'contract'))).toMatchObject({ key: 'contract', value: 'hello', version: 1 });
      expect(await json(fetch(`${primary.url}/status/contract`))).toMatchObject({ status: 'replicated' });
      const tagged = await getKey(replica, 'contract', { 'if-none-match': written.headers.get('etag') as string });
      expect([tagged.status, await tagged.text()]).toEqual([304, '']);
    });

    test.each([
      ['a%2Fb', 'a/b'],
      ['a/c', 'a/c'],
      ['a%252Fd', 'a%2Fd'],
      ['a%2Fe%2F', 'a/e/'],
      ['%F0%9F%98%80', '😀'],
      ['a%20b%3F%23', 'a b?#'],
      ['a+b', 'a+b'],
      ['line%0Abreak', 'line\nbreak'],
      ['__proto__', '__proto__'],
    ])('the path /key/%s is the key %j, on both nodes', async (path, key) => {
      const { primary, replica } = pairOf();
      expect(await json(putKey(primary, path, 1))).toMatchObject({ key, status: 'replicated' });
      expect(await json(getKey(replica, path))).toMatchObject({ key, value: 1 });
      expect(await json(fetch(`${primary.url}/status/${path}`))).toMatchObject({ key });
    });

    test.each(REFUSED)('$# $path is $status $code', async ({ path, init, status, code, difference }) => {
      const answer = await fetch(pairOf().primary.url + path, init);
      if (runner === 'emulator' && difference !== undefined) {
        const { status: own } = OF_EMULATOR[difference];
        expect([answer.status, answer.headers.get('content-type')]).toEqual([
          own,
          expect.stringMatching(/^application\/json/),
        ]);
        await answer.text();
        return;
      }
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect([answer.status, await json(answer)]).toEqual([status, expect.objectContaining({ status, code })]);
    });

    test('405 says which methods there are, and the replica where to write', async () => {
      const { primary, replica } = pairOf();
      const refused = await fetch(`${primary.url}/keys`, { method: 'DELETE' });
      expect(refused.headers.get('allow')).toBe('GET, HEAD');
      expect(await json(putKey(replica, 'contract', 1))).toMatchObject({ code: 'not_primary', primary: primary.url });
    });

    test.each([
      '/key/contract',
      '/key/none',
      '/keys',
      '/status/contract',
      '/faults',
      '/healthz',
      '/openapi.json',
      '/nothing',
    ])('HEAD %s has the status and the headers of GET, its length included, and no body', async (path) => {
      const headers = { 'accept-encoding': 'identity' };
      for (const { url } of both()) {
        const get = await fetch(url + path, { headers });
        const head = await fetch(url + path, { method: 'HEAD', headers });
        expect([head.status, steadyHeaders(head)]).toEqual([get.status, steadyHeaders(get)]);
        expect(head.headers.get('content-length')).toBe(`${(await get.arrayBuffer()).byteLength}`);
        expect(await head.text()).toBe('');
      }
    });

    test.each(['bytes=0-3', 'bytes=-1', 'nonsense'])('Range: %s is passed over: the answer is whole', async (range) => {
      for (const { url } of both()) {
        const answer = await fetch(`${url}/key/contract`, { headers: { range } });
        expect([answer.status, answer.headers.get('accept-ranges')]).toEqual([200, null]);
        expect(await answer.json()).toMatchObject({ value: 'hello' });
      }
    });
  });

  describe('browsers', () => {
    const preflight = { method: 'OPTIONS', headers: { 'access-control-request-method': 'PUT' } };

    test('a page of this machine is told what it may send, and reads the answers', async () => {
      const { primary } = pairOf();
      const headers = { ...preflight.headers, origin: 'http://localhost:8000' };
      const asked = await fetch(`${primary.url}/key/page`, { ...preflight, headers });
      expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([204, 'http://localhost:8000']);
      expect(asked.headers.get('access-control-allow-methods')).toContain('PUT');
      expect(asked.headers.get('access-control-allow-headers')).toMatch(/authorization,content-type,.*tandem-console/i);
      const written = await putKey(primary, 'page', 1, { origin: 'http://localhost:8000' });
      expect([written.status, written.headers.get('access-control-allow-origin')]).toEqual([
        201,
        'http://localhost:8000',
      ]);
      expect(written.headers.get('access-control-expose-headers')).toMatch(/etag/i);
    });

    test.each<[what: string, path: string, init: RequestInit]>([
      ['a read', '/key/contract', {}],
      ['a repair without a question before it', '/repair', { method: 'POST' }],
      ['a preflight', '/key/contract', preflight],
      ['a key that is no UTF-8', '/key/%ff', {}],
      ['a body that is too large', '/key/contract', { method: 'PUT', body: LARGE }],
    ])('%s of a page of another machine is refused, and cannot be read', async (_, path, init) => {
      for (const { url } of both()) {
        const headers = { ...init.headers, origin: 'http://evil.example' };
        const answer = await fetch(url + path, { ...init, headers });
        expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([403, null]);
        expect(await json(answer)).toMatchObject({ code: 'forbidden_origin' });
      }
    });
  });

  test('GET /metrics is a route of npm run serve alone', async () => {
    const answer = await fetch(`${pairOf().primary.url}/metrics`);
    expect(answer.status).toBe(runner === 'serve' ? 200 : 404);
    await answer.text();
  });
}
