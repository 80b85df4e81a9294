// The pair that `tandem/testing` starts: what a test can do to it. tests/package/npm-package.test.ts runs it as others install it.
import { afterEach, expect, test } from '@jest/globals';
import { createClient } from '../../client/client.ts';
import { startNode } from '../../nodes/start-node.ts';
import { startPair, type TestPair } from '../../nodes/testing.ts';

let pair: TestPair | undefined;
afterEach(async () => {
  await pair?.stop();
  pair = undefined;
});

test('a node that is killed comes back empty, and takes back what the other one holds', async () => {
  pair = await startPair();
  const { client, primary, replica } = pair;
  await client.put('a', 1);
  const before = primary.pid;
  await primary.kill();
  expect(primary.pid).toBeUndefined();
  await expect(client.get('a', { signal: AbortSignal.timeout(200) })).rejects.toThrow();
  expect((await client.get('a', { readFrom: 'replica' }))?.value).toBe(1);
  await primary.start();
  expect(primary.pid).not.toBe(before);
  expect((await client.get('a'))?.value).toBe(1);
  await expect(primary.start()).rejects.toThrow('runs already');
  await replica.stop();
  expect(await client.put('a', 2)).toMatchObject({ status: expect.stringMatching(/pending|failed/) });
  await replica.start();
  await pair.untilInSync();
  expect((await client.get('a', { readFrom: 'replica' }))?.value).toBe(2);
});

test('a node that is frozen answers nobody until it is thawed, and can be stopped', async () => {
  pair = await startPair({ client: { timeoutMs: 200 } });
  const { client, primary } = pair;
  primary.freeze();
  const written = client.put('a', 1);
  await expect(client.nodeStatus({ node: 'primary', signal: AbortSignal.timeout(500) })).rejects.toThrow();
  primary.thaw();
  expect(await written).toMatchObject({ version: 1 });
  primary.freeze();
  await primary.stop();
  expect(primary.pid).toBeUndefined();
});

test('a cut lets both nodes take writes; once it is joined both hold the same, and list what was superseded', async () => {
  pair = await startPair();
  const { client, primary } = pair;
  await client.put('a', 'seen');
  await pair.cut();
  await createClient({ primary: primary.url }).put('a', 'old');
  await client.promote({ node: 'replica', force: true });
  await client.put('a', 'new');
  await pair.join();
  for (const readFrom of ['primary', 'replica'] as const)
    expect((await client.get('a', { readFrom }))?.value).toBe('new');
  expect((await client.divergent()).writes).toMatchObject([{ key: 'a', value: 'old' }]);
});

test('over data files nothing is lost, whatever is killed; tokens are those of the environment', async () => {
  const tokens = { WRITE_TOKEN: 'write', READ_TOKEN: 'read', PEER_TOKEN: 'peer' };
  pair = await startPair({ store: 'sqlite', env: tokens, client: { token: 'write' } });
  const { client, primary, replica } = pair;
  await client.put('a', 1);
  await Promise.all([primary.kill(), replica.kill()]);
  await Promise.all([primary.start(), replica.start()]);
  expect((await client.get('a'))?.value).toBe(1);
  const reader = createClient({ primary: primary.url, replica: replica.url, token: 'read' });
  expect((await reader.get('a'))?.value).toBe(1);
  await expect(reader.put('a', 2)).rejects.toMatchObject({ code: 'forbidden' });
  await expect(createClient({ primary: primary.url }).get('a')).rejects.toMatchObject({ code: 'unauthorized' });
});

test('a node that cannot start says why', async () => {
  await expect(startPair({ env: { MEMORY_LIMIT_MB: 'much' } })).rejects.toThrow(/has ended .*MEMORY_LIMIT_MB must be/s);
  const options = { role: 'replica', port: 70_000, peer: 'http://127.0.0.1:1', store: 'memory' } as const;
  await expect(startNode(options)).rejects.toThrow('--port must be a port');
});
