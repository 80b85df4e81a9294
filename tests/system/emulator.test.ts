// The emulator answers as API Gateway does, also where it would do otherwise by itself: HEAD, and parts of an answer. And it
// answers no page of another machine, also where it asks no function.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Pair, startPair } from '../support/nodes.ts';
import { putKey, steadyHeaders } from '../support/requests.ts';

let nodes: Pair;
beforeAll(async () => {
  nodes = await startPair();
  await putKey(nodes.primary, 'foo', 'hëllo');
});
afterAll(() => nodes?.stop());

describe.each(['primary', 'replica'] as const)('on the %s', (role) => {
  test.each(['/key/foo', '/key/none', '/keys', '/status/foo', '/faults', '/healthz', '/openapi.json', '/nothing'])(
    'HEAD %s has the status and the headers of GET, its length included, and no body',
    async (path) => {
      const headers = { 'accept-encoding': 'identity' };
      const get = await fetch(nodes[role].url + path, { headers });
      const head = await fetch(nodes[role].url + path, { method: 'HEAD', headers });
      expect([head.status, steadyHeaders(head)]).toEqual([get.status, steadyHeaders(get)]);
      expect(head.headers.get('content-length')).toBe(`${(await get.arrayBuffer()).byteLength}`);
      expect(await head.text()).toBe('');
    },
  );

  test.each(['bytes=0-3', 'bytes=5-1', 'bytes=100000-', 'bytes=-1', 'bytes=0-1,3-4', 'nonsense'])(
    'Range: %s is passed over: the answer is whole',
    async (range) => {
      const answer = await fetch(`${nodes[role].url}/key/foo`, { headers: { range } });
      expect([answer.status, answer.headers.get('accept-ranges')]).toEqual([200, null]);
      expect(await answer.json()).toMatchObject({ value: 'hëllo' });
    },
  );

  test.each<[what: string, path: string, init: RequestInit]>([
    ['a read', '/key/foo', {}],
    ['a repair without a question before it', '/repair', { method: 'POST' }],
    ['a preflight', '/key/foo', { method: 'OPTIONS', headers: { 'access-control-request-method': 'PUT' } }],
    ['what the emulator refuses by itself', '/key/%ff', {}],
    ['a body that it does not take', '/key/foo', { method: 'PUT', body: 'x'.repeat(11_000_000) }],
  ])('%s of a page of another machine is refused, and cannot be read', async (_, path, init) => {
    const headers = { ...init.headers, origin: 'http://evil.example' };
    const answer = await fetch(nodes[role].url + path, { ...init, headers });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([403, null]);
    expect(await answer.json()).toMatchObject({ code: 'forbidden_origin' });
  });
});
