// Many requests that wait for a version at once: some wait, the others are refused at once, and nothing is kept of any of them.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MAX_WAITING } from '../../lib/limits.ts';
import { type ArtifactPair, artifactPair } from '../support/artifact.ts';
import { heapBytes } from '../support/heap.ts';

let nodes: ArtifactPair;
beforeAll(async () => {
  nodes = await artifactPair();
});
afterAll(() => nodes.close());

const ask = (i: number) =>
  nodes.replica.call('GET', `/key/${i}`, { query: { at_least: `${Date.now()}-1`, wait: '1' } });
const burst = (count: number) => Promise.all(Array.from({ length: count }, (_, i) => ask(i)));

test('P8 beyond 500 that wait, a request is answered 503 with Retry-After, and memory returns to where it was', async () => {
  await burst(2 * MAX_WAITING);
  const before = heapBytes();
  for (let round = 0; round < 3; round++) {
    const replies = await burst(4 * MAX_WAITING);
    const refused = replies.filter(({ body }) => /wait here already/.test(body.detail));
    expect(refused).toHaveLength(3 * MAX_WAITING);
    for (const { status, headers, body } of replies)
      expect([status, headers['retry-after'], body.code]).toEqual([503, '1', 'not_yet_replicated']);
  }
  // 6,000 requests, at 20 KB each, would be 120 MB.
  expect(heapBytes()).toBeLessThan(before + 10_000_000);
});
