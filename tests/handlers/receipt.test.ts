// The receipt of reads, as a client sees it, on the artifact of both roles.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type ArtifactPair, artifactPair } from '../support/artifact.ts';
import { until } from '../support/until.ts';

let nodes: ArtifactPair;
beforeAll(async () => {
  nodes = await artifactPair();
});
afterAll(() => nodes.close());
beforeEach(async () => {
  await nodes.replica.call('DELETE', '/faults');
  await nodes.primary.call('POST', '/repair');
});

type Query = Record<string, string>;
const put = (key: string, value: unknown) => nodes.primary.call('PUT', `/key/${key}`, { body: { value } });
const getCopy = (key: string, query: Query = {}) => nodes.replica.call('GET', `/key/${key}`, { query });
const staleness = async (key: string) => Number((await getCopy(key)).headers.staleness);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const cutOff = () => nodes.replica.call('PUT', '/faults', { body: { faults: [{ kind: 'error', keyPrefix: '' }] } });

describe('a read says', () => {
  const READS: [string, string, object?][] = [
    ['GET', '/key/there'],
    ['HEAD', '/key/there'],
    ['GET', '/key/missing'],
    ['GET', '/keys'],
    ['GET', '/changes'],
    ['POST', '/batch', { operations: [] }],
  ];

  test.each(READS)(
    'which node has answered, in which epoch, and on the replica how old that may be: %s %s',
    async (...read) => {
      const [method, path, body] = read;
      const { epoch } = (await put('there', 1)).body;
      const ask = (role: 'primary' | 'replica') => nodes[role].call(method, path, body ? { body } : {});
      const primary = (await ask('primary')).headers;
      expect(primary).toMatchObject({ 'node-role': 'primary', 'node-epoch': `${epoch}` });
      expect(primary).not.toHaveProperty('staleness');
      const replica = (await ask('replica')).headers;
      expect(replica).toMatchObject({ 'node-role': 'replica', 'node-epoch': `${epoch}` });
      expect(replica.staleness).toMatch(/^\d+$/);
    },
  );

  test('nothing of that to a stranger, and nothing in other answers', async () => {
    expect((await nodes.replica.call('GET', '/key/there', { query: { max_stale: 'x' } })).headers).not.toHaveProperty(
      'node-role',
    );
    expect((await nodes.primary.call('GET', '/healthz')).headers).not.toHaveProperty('node-role');
  });
});

describe('the staleness of a replica', () => {
  test('grows while nothing is heard, and begins again with each message', async () => {
    await put('a', 1);
    await pause(150);
    expect(await staleness('a')).toBeGreaterThanOrEqual(150);
    const again = performance.now();
    await put('a', 2);
    expect(await staleness('a')).toBeLessThanOrEqual(performance.now() - again + 5);
  });

  test('counts what the primary owes: a write that is not here makes the answer as old as that write', async () => {
    await put('bad', '__fail__');
    await pause(200);
    await put('good', 1);
    expect(await staleness('good')).toBeGreaterThanOrEqual(200);
    await put('bad', 'mended');
    // From here on nothing older is owed.
    const mended = performance.now();
    await put('good', 2);
    expect(await staleness('good')).toBeLessThanOrEqual(performance.now() - mended + 5);
  });
});

describe('max_stale', () => {
  test('is held by asking the primary, however long that has been silent', async () => {
    await put('a', 1);
    await pause(1100);
    const asked = performance.now();
    const { status, headers } = await getCopy('a', { max_stale: '10' });
    expect(status).toBe(200);
    expect(Number(headers.staleness)).toBeGreaterThan(1000);
    await until(async () => (await getCopy('a', { max_stale: '1' })).status === 200);
    expect(await staleness('a')).toBeLessThan(performance.now() - asked + 1000);
  });

  test('is refused while the primary owes an older write, and with it everything that reads', async () => {
    await put('bad', '__fail__');
    await pause(1100);
    const { status, headers, body } = await getCopy('a', { max_stale: '1' });
    expect([status, headers['retry-after'], body.code]).toEqual([503, '1', 'too_stale']);
    for (const path of ['/keys', '/changes'])
      expect((await nodes.replica.call('GET', path, { query: { max_stale: '1' } })).body.code).toBe('too_stale');
    expect((await getCopy('a', { max_stale: '60' })).status).toBe(200);
    await put('bad', 'mended');
    await until(async () => (await getCopy('a', { max_stale: '1' })).status === 200);
  });

  test('says nothing on the primary, which is never stale', async () => {
    await cutOff();
    await put('a', 3);
    expect((await nodes.primary.call('GET', '/key/a', { query: { max_stale: '0' } })).body.value).toBe(3);
  });

  test.each(['-1', 'soon', '0.5', '99999999'])('of %s is 400', async (max_stale) => {
    expect((await getCopy('a', { max_stale })).body).toMatchObject({
      code: 'invalid_parameter',
      parameter: 'max_stale',
    });
  });
});
