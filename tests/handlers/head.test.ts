// HEAD is answered like GET, without a body: on each public route that reads, on the artifact of both roles.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type ArtifactPair, artifactPair } from '../support/artifact.ts';
import type { EventOptions } from '../support/events.ts';

let nodes: ArtifactPair;
let etag: string;
beforeAll(async () => {
  nodes = await artifactPair();
  etag = (await nodes.primary.call('PUT', '/key/é', { body: { value: 'hëllo' } })).headers.etag as string;
});
afterAll(() => nodes.close());

describe.each(['primary', 'replica'] as const)('on the %s', (role) => {
  test.each<[path: string, status: number, options: () => EventOptions]>([
    ['/key/é', 200, () => ({})],
    ['/key/é', 304, () => ({ headers: { 'if-none-match': etag } })],
    ['/key/none', 404, () => ({})],
    [`/key/${'k'.repeat(1025)}`, 400, () => ({})],
    ['/keys', 200, () => ({})],
    ['/keys', 400, () => ({ query: { limit: '0' } })],
    ['/status/é', 200, () => ({})],
    ['/status', 200, () => ({})],
    ['/divergent', 200, () => ({})],
    ['/divergent', 400, () => ({ query: { cursor: 'x' } })],
    ['/faults', 200, () => ({})],
    ['/events', 400, () => ({ query: { since: 'x' } })],
    ['/healthz', 200, () => ({})],
    ['/openapi.json', 200, () => ({})],
    ['/nothing', 404, () => ({})],
  ])('HEAD %s has the status and the headers of GET, which is %i', async (path, status, options) => {
    const get = await nodes[role].call('GET', path, options());
    const head = await nodes[role].call('HEAD', path, options());
    const length = get.text === '' ? {} : { 'content-length': `${Buffer.byteLength(get.text)}` };
    // How old it may be differs from one moment to the next.
    const staleness = get.headers.staleness === undefined ? {} : { staleness: expect.stringMatching(/^\d+$/) };
    expect(head).toEqual({ status, text: '', body: undefined, headers: { ...get.headers, ...length, ...staleness } });
  });

  test.each(['/repair', '/promote', '/switchover', '/replicate', '/digest'])(
    'HEAD %s is 405, and says what there is',
    async (path) => {
      const { status, text, headers } = await nodes[role].call('HEAD', path);
      expect([status, text, headers['content-type']]).toEqual([405, '', 'application/problem+json']);
      expect(headers.allow).toMatch(/GET|POST/);
      expect(headers.allow).not.toContain('HEAD');
    },
  );

  test('HEAD /faults leaves the faults as they are', async () => {
    await nodes[role].call('PUT', '/faults', { body: { faults: [{ kind: 'delay' }] } });
    try {
      expect((await nodes[role].call('HEAD', '/faults')).status).toBe(200);
      expect((await nodes[role].call('GET', '/faults')).body.faults).toHaveLength(1);
    } finally {
      await nodes[role].call('DELETE', '/faults');
    }
  });
});

test('an error that nobody foresaw has no body, either', async () => {
  const logged = jest.spyOn(console, 'error').mockImplementation(() => {});
  const clock = jest.spyOn(Date, 'now').mockImplementation(() => {
    throw new TypeError('unforeseen');
  });
  try {
    const { status, text } = await nodes.primary.call('HEAD', '/key/é');
    expect([status, text]).toEqual([500, '']);
    expect(logged.mock.calls.join()).toContain('unforeseen');
  } finally {
    clock.mockRestore();
    logged.mockRestore();
  }
});
