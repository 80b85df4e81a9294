// POST /promote: who leads, on both engines; every answer as the OpenAPI document describes it.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type ArtifactNode, type ArtifactPair, artifactPair, type Reply } from '../support/artifact.ts';
import { artifactPairOn } from '../support/artifact-on-dynamodb.ts';
import { cutOff } from '../support/cut-off.ts';
import { startDynamoDb, type TestDynamoDb } from '../support/dynamodb.ts';
import { startFunction } from '../support/function-process.ts';
import { schemaErrors } from '../support/schema.ts';
import { withoutHurry } from '../support/unhurried.ts';
import { until } from '../support/until.ts';

let dynamodb: TestDynamoDb;
beforeAll(async () => {
  dynamodb = await startDynamoDb();
});
afterAll(() => dynamodb.stop());

beforeEach(() => {
  // Nodes say so when the lead goes to the other one.
  jest.spyOn(console, 'warn').mockImplementation(() => {});
});

const force = { body: { force: true } };
const statusOf = async (node: ArtifactNode) => (await node.call('GET', '/status')).body;
const put = (node: ArtifactNode, key: string, value: unknown = key) =>
  node.call('PUT', `/key/${key}`, { body: { value } });
const read = async (node: ArtifactNode, key: string) => (await node.call('GET', `/key/${key}`)).body.value;

/** @returns the answer of a promotion that has got through */
async function promoted(node: ArtifactNode, options = {}): Promise<Reply['body']> {
  const { status, body } = await node.call('POST', '/promote', options);
  expect([status, body.code]).toEqual([200, undefined]);
  expect(schemaErrors('Promoted', body)).toEqual([]);
  return body;
}

/** Until both nodes hold the same, and the primary knows it. */
async function untilInSync(leader: ArtifactNode, follower: ArtifactNode): Promise<void> {
  await until(async () => {
    await leader.call('POST', '/repair');
    return (await statusOf(leader)).inSync;
  });
  const keysOf = async (node: ArtifactNode) => {
    const { keys } = (await node.call('GET', '/keys', { query: { limit: '1000' } })).body;
    return keys.map(({ key, version, epoch }: { key: string; version: number; epoch: number }) => [
      key,
      version,
      epoch,
    ]);
  };
  expect(await keysOf(follower)).toEqual(await keysOf(leader));
}

describe.each([
  ['memory', () => artifactPair({ STORE: 'memory' })],
  ['DynamoDB', () => artifactPairOn(dynamodb)],
])('over %s', (engine, start) => {
  if (engine === 'DynamoDB') withoutHurry();
  let nodes: ArtifactPair;
  /** The node that leads at the beginning of a test, and the other one. */
  let leader: ArtifactNode;
  let follower: ArtifactNode;
  let heal = () => {};
  beforeAll(async () => {
    nodes = await start();
  });
  afterAll(() => nodes.close());

  beforeEach(async () => {
    await until(async () => {
      const leading = [];
      for (const node of [nodes.primary, nodes.replica]) {
        await node.repairAsScheduled();
        if ((await statusOf(node)).role === 'primary') leading.push(node);
      }
      [leader = nodes.primary] = leading;
      return leading.length === 1;
    });
    follower = leader === nodes.primary ? nodes.replica : nodes.primary;
    await untilInSync(leader, follower);
  });
  afterEach(async () => {
    heal();
    heal = () => {};
    for (const node of [nodes.primary, nodes.replica]) await node.call('DELETE', '/faults');
  });

  test('P9 a switchover: the replica leads, with all that was written, and the former primary is its replica', async () => {
    const before = await put(leader, 'before');
    const { epoch: former } = await statusOf(leader);
    const { mode, epoch, atRisk } = await promoted(follower);
    expect([mode, atRisk]).toEqual(['switchover', 0]);
    expect(epoch).toBeGreaterThan(former);
    expect((await follower.call('GET', '/key/before')).headers.etag).toBe(before.headers.etag);

    const written = await put(follower, 'before', 'again');
    expect([written.status, written.body]).toEqual([200, { key: 'before', version: 2, epoch, status: 'replicated' }]);
    expect(await read(leader, 'before')).toBe('again');
    const refused = await put(leader, 'before', 'no');
    expect([refused.status, refused.body.code, refused.body.primary]).toEqual([421, 'not_primary', follower.url]);

    await untilInSync(follower, leader);
    const [here, there] = [await statusOf(follower), await statusOf(leader)];
    expect([...schemaErrors('NodeStatus', here), ...schemaErrors('NodeStatus', there)]).toEqual([]);
    expect(here).toMatchObject({ role: 'primary', state: 'serving', epoch, divergent: 0 });
    expect(there).toMatchObject({ role: 'replica', state: 'serving', primary: { reachable: true, epoch } });
  });

  test('a switchover back and forth leaves one version after the other', async () => {
    const versions: number[] = [];
    for (const node of [leader, follower, leader]) {
      await promoted(node);
      versions.push((await put(node, 'to and fro')).body.version);
    }
    expect(versions).toEqual([1, 2, 3]);
    await untilInSync(leader, follower);
  });

  test('a primary that is promoted leads on: nothing changes', async () => {
    const { epoch } = await statusOf(leader);
    for (const options of [{}, force])
      expect(await promoted(leader, options)).toMatchObject({ mode: 'none', epoch, atRisk: 0 });
    expect((await put(leader, 'none')).body).toMatchObject({ status: 'replicated', epoch });
  });

  test('two promotions at once come to the same', async () => {
    const [one, other] = await Promise.all([promoted(follower), promoted(follower)]);
    expect([one.epoch, one.mode]).toEqual([other.epoch, other.mode]);
    expect(await promoted(follower)).toMatchObject({ mode: 'none', epoch: one.epoch });
  });

  test('what only __fail__ holds back goes along', async () => {
    const { body } = await put(leader, 'held back', '__fail__');
    expect(body.status).toBe('replication_failed');
    expect(await promoted(follower)).toMatchObject({ mode: 'switchover' });
    await until(async () => {
      await follower.call('POST', '/repair');
      return (await read(follower, 'held back')) === '__fail__';
    });
    expect((await put(follower, 'held back', 'good')).body).toMatchObject({ status: 'replicated', version: 2 });
  });

  test('a record that fails otherwise holds it up: 409 names it, and all is as before', async () => {
    const { epoch } = await statusOf(leader);
    await follower.call('PUT', '/faults', { body: { faults: [{ kind: 'error', keyPrefix: 'stuck' }] } });
    await put(leader, 'stuck');
    const { status, body } = await follower.call('POST', '/promote');
    expect([status, body.code]).toEqual([409, 'not_in_sync']);
    expect(body.detail).toContain("'stuck' (replica answered 500 (fault: error))");
    expect(schemaErrors('Problem', body)).toEqual([]);
    expect(await statusOf(leader)).toMatchObject({ role: 'primary', state: 'serving', epoch });
    expect((await put(leader, 'as before')).body).toMatchObject({ status: 'replicated', epoch });
  });

  test('while it is under way nobody takes writes, and both say that it will not be long', async () => {
    const delay = { kind: 'delay', delayMs: 1500, keyPrefix: 'slow' };
    await follower.call('PUT', '/faults', { body: { faults: [{ kind: 'error', keyPrefix: 'slow' }] } });
    await put(leader, 'slow');
    await follower.call('PUT', '/faults', { body: { faults: [delay] } });
    const promotion = follower.call('POST', '/promote');
    await until(async () => (await statusOf(leader)).state === 'switching');
    for (const refused of [
      await put(leader, 'refused'),
      await put(follower, 'refused'),
      await leader.call('DELETE', '/key/slow'),
      await leader.call('POST', '/promote'),
    ]) {
      expect([refused.status, refused.body.code, refused.headers['retry-after']]).toEqual([503, 'switching', '1']);
    }
    expect(schemaErrors('NodeStatus', await statusOf(leader))).toEqual([]);
    await until(async () => (await statusOf(follower)).primary.state === 'switching');
    expect(await read(leader, 'slow')).toBe('slow');
    expect(await promotion).toMatchObject({ status: 200, body: { mode: 'switchover' } });
    expect((await put(follower, 'refused')).body).toMatchObject({ status: 'replicated', version: 1 });
  });

  test('without the primary it is 409 primary_unreachable; with force the replica leads at once', async () => {
    heal = cutOff(nodes.primary.server, nodes.replica.server);
    const { status, body } = await follower.call('POST', '/promote');
    expect([status, body.code]).toEqual([409, 'primary_unreachable']);
    expect((await put(follower, 'early')).status).toBe(421);

    const { mode, epoch } = await promoted(follower, force);
    expect(mode).toBe('failover');
    for (const [node, key] of [
      [follower, 'alone'],
      [leader, 'unaware'],
    ] as const)
      expect((await put(node, key)).status).toBe(202);
    expect((await statusOf(follower)).epoch).toBe(epoch);
    heal();
    await follower.repairAsScheduled();
    await untilInSync(follower, leader);
    expect((await statusOf(leader)).role).toBe('replica');
    for (const node of [leader, follower])
      for (const key of ['alone', 'unaware']) expect(await read(node, key)).toBe(key);
    expect((await put(leader, 'late')).body).toMatchObject({ code: 'not_primary', primary: follower.url });
  });

  test('a failover says how many writes the former primary last said that it owed', async () => {
    await follower.call('PUT', '/faults', { body: { faults: [{ kind: 'error', keyPrefix: 'risk/' }] } });
    for (const key of ['risk/1', 'risk/2']) await put(leader, key);
    await leader.repairAsScheduled();
    const restore = cutOff(nodes.primary.server, nodes.replica.server);
    heal = restore;
    expect(await promoted(follower, force)).toMatchObject({ mode: 'failover', atRisk: 2 });
    await follower.call('DELETE', '/faults');
    restore();
    await follower.repairAsScheduled();
    await untilInSync(follower, leader);
    expect(await read(follower, 'risk/1')).toBe('risk/1');
  });

  test.each<[string, object, number, string]>([
    ['an unknown member', { body: { forced: true } }, 422, 'invalid_body'],
    ['force that is no boolean', { body: { force: 1 } }, 422, 'invalid_body'],
    ['a list', { body: [] }, 422, 'invalid_body'],
    ['broken JSON', { body: '{' }, 400, 'invalid_json'],
    ['another content type', { body: '{}', headers: { 'content-type': 'text/plain' } }, 415, 'unsupported_media_type'],
  ])('P8 %s is refused, and nothing changes', async (_, options, status, code) => {
    const { epoch } = await statusOf(leader);
    for (const node of [leader, follower]) {
      const reply = await node.call('POST', '/promote', options);
      expect([reply.status, reply.body.code]).toEqual([status, code]);
    }
    expect(await statusOf(leader)).toMatchObject({ role: 'primary', epoch });
  });
});

test('P7 a replica that is being refilled leads only with force, and says what it lacks', async () => {
  // The primary asks for its replica where nobody is.
  const nodes = await artifactPair({ STORE: 'memory' }, { primary: { PEER_URL: 'http://127.0.0.1:1' } }, false);
  try {
    const { primary, replica } = nodes;
    await until(async () => (await primary.call('GET', '/healthz')).status === 200);
    for (const key of ['a', 'b']) await put(primary, key);
    await until(async () => (await statusOf(replica)).primary.reachable);
    const { status, body } = await replica.call('POST', '/promote');
    expect([status, body.code]).toEqual([409, 'not_in_sync']);
    expect((await replica.call('GET', '/divergent')).body.code).toBe('refilling');

    const { mode, atRisk } = await promoted(replica, force);
    expect(mode).toBe('failover');
    expect(atRisk).toBeGreaterThanOrEqual(2);
    expect((await put(replica, 'c')).status).toBe(202);
  } finally {
    await nodes.close();
  }
});

describe('a primary that is recovering', () => {
  test('is not promoted, but with force serves with what it holds', async () => {
    const silent = createServer();
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const { port } = silent.address() as AddressInfo;
    const env = { ROLE: 'primary', IS_OFFLINE: 'true', PEER_URL: `http://127.0.0.1:${port}`, LOG: 'silent' };
    const promote = await startFunction('promote', env);
    try {
      for (let i = 0; i < 2; i++) {
        expect(await promote.call('POST', '/promote')).toMatchObject({ status: 503, body: { code: 'recovering' } });
      }
      const { status, body } = await promote.call('POST', '/promote', force);
      expect([status, schemaErrors('Promoted', body)]).toEqual([200, []]);
      expect(body).toMatchObject({ role: 'primary', mode: 'failover', atRisk: null });
      expect(await promote.call('POST', '/promote')).toMatchObject({ status: 200, body: { mode: 'none' } });
    } finally {
      silent.close();
      silent.closeAllConnections();
      await promote.stop();
    }
  });
});

test('without the write token nobody is promoted', async () => {
  const nodes = await artifactPair({ STORE: 'memory', WRITE_TOKEN: 'write-token', READ_TOKEN: 'read-token' });
  try {
    for (const [authorization, code] of [
      ['', 'unauthorized'],
      ['Bearer read-token', 'forbidden'],
    ] as const) {
      const headers: Record<string, string> = authorization ? { authorization } : {};
      for (const body of [{}, { force: true }])
        expect((await nodes.replica.call('POST', '/promote', { body, headers })).body.code).toBe(code);
    }
    const headers = { authorization: 'Bearer write-token' };
    expect((await nodes.replica.call('GET', '/status', { headers })).body.role).toBe('replica');
    expect(await promoted(nodes.replica, { headers })).toMatchObject({ mode: 'switchover' });
  } finally {
    await nodes.close();
    Object.assign(process.env, { WRITE_TOKEN: '', READ_TOKEN: '' });
  }
});
