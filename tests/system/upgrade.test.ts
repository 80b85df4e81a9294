// Nodes of version 0.1 and of this one side by side, as they are while one stage is deployed after the other.
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { startDynamoDb, type TestDynamoDb } from '../support/dynamodb.ts';
import { until } from '../support/until.ts';
import { AS_PEER, startVersions, type Version, type VersionedPair } from '../support/versions.ts';

let dynamodb: TestDynamoDb;
let nodes: VersionedPair | undefined;
beforeAll(async () => {
  dynamodb = await startDynamoDb();
});
afterEach(async () => {
  await nodes?.stop();
  nodes = undefined;
});
afterAll(() => dynamodb.stop());

const put = ({ primary }: VersionedPair, key: string, value: unknown) => primary.call('PUT', `/key/${key}`, { value });

describe.each([
  ['memory', () => undefined],
  ['DynamoDB', () => dynamodb],
])('over %s', (_, store) => {
  const start = async (primary: Version, replica: Version) => {
    nodes = await startVersions({ primary, replica }, store());
    await nodes.primary.untilServing();
    return nodes;
  };
  /** Whether the contents of a node outlive its process. */
  const isKept = () => store() !== undefined;

  test('a primary of 0.1 answers, and its replica of 0.1 holds a copy', async () => {
    const pair = await start('0.1', '0.1');
    expect(await put(pair, 'k', 'hello')).toMatchObject({ status: 201, body: { version: 1, status: 'replicated' } });
    for (const node of [pair.primary, pair.replica]) {
      expect(await node.call('GET', '/key/k')).toMatchObject({ status: 200, body: { value: 'hello', version: 1 } });
      // It does not know what came later.
      expect(await node.call('POST', '/handshake', {}, AS_PEER)).toMatchObject({ status: 404 });
    }
    await pair.untilInSync();
    expect((await pair.primary.call('GET', '/status')).body).toMatchObject({ inSync: true, backlog: { count: 0 } });
  });

  test('a replica of 0.1 applies a batch of protocol 1', async () => {
    const pair = await start('0.1', '0.1');
    const { epoch } = (await put(pair, 'first', 1)).body;
    const record = { key: 'k', value: '"hello"', epoch, version: 7, updatedAt: epoch };
    const batch = { from: 'test', epoch, sentAt: Date.now(), records: [record] };
    const { status, body } = await pair.replica.call('POST', '/replicate', batch, AS_PEER);
    expect([status, body]).toEqual([200, { id: expect.any(String), answers: [{ outcome: 'applied' }] }]);
    expect((await pair.replica.call('GET', '/key/k')).body).toMatchObject({ value: 'hello', version: 7, epoch });
    expect((await pair.replica.call('POST', '/replicate', batch)).status).toBe(401);
  });

  test('a pair of 0.1 that is ended and started again as this version is whole', async () => {
    const pair = await start('0.1', '0.1');
    const { primary, replica } = pair;
    await put(pair, 'before', 1);
    await Promise.all([primary.stop(), replica.stop()]);
    await replica.restart('current');
    await primary.restart('current');
    await primary.untilServing();
    expect([primary.version, replica.version]).toEqual(['current', 'current']);

    expect(await put(pair, 'after', 2)).toMatchObject({ body: { status: 'replicated' } });
    await pair.untilInSync();
    for (const node of [primary, replica]) {
      expect((await node.call('GET', '/key/after')).body.value).toBe(2);
      // In memory it has gone with the processes that held it.
      expect((await node.call('GET', '/key/before')).status).toBe(isKept() ? 200 : 404);
    }
  });

  test('P6 P7 a primary of 0.1 beside a replica that is upgraded: nothing is applied, and the primary serves on', async () => {
    const pair = await start('0.1', '0.1');
    const { primary, replica } = pair;
    expect(await put(pair, 'before', 1)).toMatchObject({ body: { status: 'replicated' } });
    await replica.restart('current');
    await replica.untilServing();
    for (const key of ['before', 'meanwhile']) {
      const { status, body } = await put(pair, key, 2);
      expect([status, body.status]).toEqual([202, expect.not.stringContaining('replicated')]);
      // In the words of 0.1, which knows of no other protocol.
      expect(body.error).toContain('invalid_body');
      expect((await primary.call('GET', `/key/${key}`)).body.value).toBe(2);
    }
    await primary.repairAsScheduled();
    expect((await primary.call('GET', '/status')).body).toMatchObject({ inSync: false, backlog: { count: 2 } });
    const before = isKept() ? { status: 200, body: { value: 1 } } : { status: 503, body: { code: 'refilling' } };
    expect(await replica.call('GET', '/key/before')).toMatchObject(before);
    expect(await replica.call('GET', '/key/meanwhile')).toMatchObject({ status: isKept() ? 404 : 503 });
  });
});

test('P6 over DynamoDB: a primary that is upgraded beside a replica of 0.1 says so, and nothing is applied', async () => {
  nodes = await startVersions({ primary: '0.1', replica: '0.1' }, dynamodb);
  const { primary, replica } = nodes;
  await primary.untilServing();
  await put(nodes, 'before', 1);
  await primary.restart('current');
  await primary.untilServing();
  for (const key of ['before', 'meanwhile']) {
    const { status, body } = await put(nodes, key, 2);
    expect([status, body.status]).toEqual([202, expect.stringMatching(/^(pending|replication_failed)$/)]);
    expect(body.error).toContain('peer speaks protocol 1');
    expect((await primary.call('GET', `/key/${key}`)).body.value).toBe(2);
  }
  await primary.repairAsScheduled();
  expect((await primary.call('GET', '/status')).body).toMatchObject({
    state: 'serving',
    inSync: false,
    backlog: { count: 2 },
    replica: { reachable: false, error: expect.stringContaining('peer speaks protocol 1') },
  });
  expect((await replica.call('GET', '/key/before')).body.value).toBe(1);
  expect((await replica.call('GET', '/key/meanwhile')).status).toBe(404);
});

describe.each([
  ['replica', 'primary'],
  ['primary', 'replica'],
] as const)('P4 P5 over DynamoDB: the %s is upgraded first', (first, second) => {
  test('with the other one the pair is whole, and nothing is lost', async () => {
    nodes = await startVersions({ primary: '0.1', replica: '0.1' }, dynamodb);
    const pair = nodes;
    await pair.primary.untilServing();
    const expected = new Map<string, unknown>();
    const write = async (key: string, value: unknown) => {
      expect([200, 201, 202]).toContain((await put(pair, key, value)).status);
      expected.set(key, value);
    };
    for (const key of ['kept', 'changed', 'deleted', 'deleted later']) await write(key, 1);
    await pair.primary.call('DELETE', '/key/deleted');
    await write('__fail__', '__fail__');

    await pair[first].restart('current');
    await pair[first].untilServing();
    await write('changed', 2);
    await write('meanwhile', 3);
    await pair.primary.call('DELETE', '/key/deleted%20later');
    // What the replica refuses on purpose would keep the pair from being in sync.
    await write('__fail__', 4);

    await pair[second].restart('current');
    await pair[second].untilServing();
    await pair.untilInSync();
    await write('after', 5);
    for (const key of ['deleted', 'deleted later']) expected.delete(key);
    for (const node of [pair.primary, pair.replica]) {
      const { keys } = (await node.call('GET', '/keys')).body as { keys: { key: string }[] };
      expect(keys.map(({ key }) => key)).toEqual([...expected.keys()].toSorted());
      for (const [key, value] of expected)
        expect((await node.call('GET', `/key/${encodeURIComponent(key)}`)).body.value).toBe(value);
    }
    for (const key of expected.keys())
      expect((await pair.primary.call('GET', `/status/${encodeURIComponent(key)}`)).body.status).toBe('replicated');
    expect((await pair.primary.call('GET', '/status')).body).toMatchObject({ inSync: true, backlog: { count: 0 } });
    expect((await pair.replica.call('GET', '/status')).body).toMatchObject({ state: 'serving' });
  });
});

test('P7 in memory: a primary that is upgraded beside a replica of 0.1 waits for it, and takes nothing for absent', async () => {
  nodes = await startVersions({ primary: '0.1', replica: '0.1' });
  const { primary, replica } = nodes;
  await primary.untilServing();
  await put(nodes, 'before', 1);
  await primary.restart('current');
  const status = await until(async () => {
    const { body } = await primary.call('GET', '/status');
    return body.replica.error !== null && body;
  });
  expect(status).toMatchObject({
    state: 'recovering',
    replica: { error: expect.stringContaining('peer speaks protocol 1') },
  });
  expect(await primary.call('GET', '/key/before')).toMatchObject({ status: 503, body: { code: 'recovering' } });
  expect(await put(nodes, 'before', 2)).toMatchObject({ status: 503, body: { code: 'recovering' } });
  expect((await replica.call('GET', '/key/before')).body.value).toBe(1);

  // What the replica holds goes with its process: nobody can ask it for that.
  await replica.restart('current');
  await primary.untilServing();
  expect(await put(nodes, 'after', 1)).toMatchObject({ body: { status: 'replicated' } });
  await nodes.untilInSync();
});
