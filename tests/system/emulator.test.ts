// The emulator answers as API Gateway does, also where it would do otherwise by itself: HEAD, and parts of an answer.
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
});
