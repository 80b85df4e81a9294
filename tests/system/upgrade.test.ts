// Nodes of version 0.1 and of this one side by side, as they are while one stage is deployed after the other.
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { startDynamoDb, type TestDynamoDb } from '../support/dynamodb.ts';
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
    const isKept = store() !== undefined;
    for (const node of [primary, replica]) {
      expect((await node.call('GET', '/key/after')).body.value).toBe(2);
      // In memory it has gone with the processes that held it.
      expect((await node.call('GET', '/key/before')).status).toBe(isKept ? 200 : 404);
    }
  });
});
