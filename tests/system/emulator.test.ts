// The emulator answers as API Gateway does, also where it would do otherwise by itself: HEAD.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Pair, startPair } from '../support/nodes.ts';
import { putKey, steadyHeaders } from '../support/requests.ts';

let nodes: Pair;
beforeAll(async () => {
  nodes = await startPair();
  await putKey(nodes.primary, 'foo', 'hëllo');
}, 120_000);
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
});
