// Divergent writes, on both engines: what a failover has superseded unseen is listed on both nodes until an operator
// acknowledges it; every page as the OpenAPI document describes it.
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { RESPONSE_SCHEMAS } from '../../lib/http/openapi/responses.ts';
import { type ArtifactNode, type ArtifactPair, artifactPair, type Reply } from '../support/artifact.ts';
import { artifactPairOn } from '../support/artifact-on-dynamodb.ts';
import { cutOff } from '../support/cut-off.ts';
import { startDynamoDb, type TestDynamoDb } from '../support/dynamodb.ts';
import { schemaErrors } from '../support/schema.ts';
import { withoutHurry } from '../support/unhurried.ts';
import { until } from '../support/until.ts';

interface Divergent {
  readonly key: string;
  readonly version: number;
  readonly epoch: number;
}

let dynamodb: TestDynamoDb;
beforeAll(async () => {
  dynamodb = await startDynamoDb();
});
afterAll(() => dynamodb.stop());

const statusOf = async (node: ArtifactNode) => (await node.call('GET', '/status')).body;
const put = (node: ArtifactNode, key: string, body: unknown) => node.call('PUT', `/key/${key}`, { body });

async function pageOf(node: ArtifactNode, query: Record<string, string> = {}): Promise<Reply> {
  const reply = await node.call('GET', '/divergent', { query });
  expect([reply.status, schemaErrors('DivergentPage', reply.body)]).toEqual([200, []]);
  expect(reply.body.complete).toBe(reply.body.cursor === undefined);
  return reply;
}

const namesOf = ({ body }: Reply): string[] => body.writes.map(({ key }: Divergent) => key);

describe.each([
  ['memory', () => artifactPair({ STORE: 'memory' })],
  ['DynamoDB', () => artifactPairOn(dynamodb)],
])('over %s', (engine, start) => {
  if (engine === 'DynamoDB') withoutHurry();
  let nodes: ArtifactPair;
  /** Leads since the failover. */
  let leader: ArtifactNode;
  let former: ArtifactNode;
  beforeAll(async () => {
    nodes = await start();
    [leader, former] = [nodes.replica, nodes.primary];
  });
  afterAll(() => nodes.close());
  beforeEach(() => {
    // Nodes say so when the lead goes to the other one.
    jest.spyOn(console, 'warn').mockImplementation(() => {});
  });

  /** Until both nodes hold the same, and the primary knows it. */
  async function heal(): Promise<void> {
    await until(async () => {
      await former.repairAsScheduled();
      await leader.repairAsScheduled();
      return (await statusOf(leader)).inSync;
    });
  }

  /** Each node is written to while neither reaches the other, and only the one of them is told to lead. */
  async function failOver(whileApart: () => Promise<void>): Promise<void> {
    const restore = cutOff(nodes.primary.server, nodes.replica.server);
    try {
      await leader.call('POST', '/promote', { body: { force: true } });
      await whileApart();
    } finally {
      restore();
    }
    await heal();
  }

  /** Both nodes say the same. */
  async function listed(query: Record<string, string> = {}): Promise<Reply> {
    const page = await pageOf(leader, query);
    await until(async () => (await pageOf(former, query)).text === page.text);
    return page;
  }

  let lost: Reply;
  test('P9 a write that a failover superseded unseen is listed on both nodes, and on neither if it was not superseded', async () => {
    for (const key of ['a', 'd', 'same']) await put(former, key, { value: 'before' });
    await failOver(async () => {
      lost = await put(former, 'a', '{"value": 12345678901234567890}');
      await former.call('DELETE', '/key/d');
      await put(former, 'only here', { value: 'kept' });
      for (const key of ['a', 'd', 'only there']) await put(leader, key, { value: 'after' });
    });
    const { body, text } = await listed();
    const winner = async (key: string) => {
      const { version, epoch, updatedAt } = (await leader.call('GET', `/key/${key}`)).body;
      return { version, epoch, updatedAt };
    };
    const { epoch } = lost.body;
    const updatedAt = expect.any(String);
    expect(body.writes).toHaveLength(2);
    expect(body.writes).toEqual(
      expect.arrayContaining([
        { key: 'a', value: expect.any(Number), version: 2, epoch, updatedAt, supersededBy: await winner('a') },
        { key: 'd', deleted: true, version: 2, epoch, updatedAt, supersededBy: await winner('d') },
      ]),
    );
    expect(text).toContain('"value":12345678901234567890,');
    expect(await statusOf(leader)).toMatchObject({ role: 'primary', divergent: 2, inSync: true });
    for (const node of [leader, former]) {
      expect((await node.call('GET', '/key/only here')).body.value).toBe('kept');
      for (const key of ['a', 'd', 'only there'])
        expect((await node.call('GET', `/key/${key}`)).body.value).toBe('after');
      const { keys } = (await node.call('GET', '/keys')).body;
      expect(keys.map(({ key }: { key: string }) => key)).toEqual(['a', 'd', 'only here', 'only there', 'same']);
    }
  });

  test('P9 who waits for a divergent write is told so, on both nodes', async () => {
    const atLeast = lost.headers.etag as string;
    for (const node of [leader, former]) {
      const { status, body } = await node.call('GET', '/key/a', { query: { at_least: atLeast } });
      expect([status, body.code]).toEqual([409, 'divergent']);
      expect(schemaErrors('Problem', body)).toEqual([]);
    }
    const present = (await leader.call('GET', '/key/a')).headers.etag as string;
    for (const node of [leader, former])
      expect((await node.call('GET', '/key/a', { query: { at_least: present } })).status).toBe(200);
  });

  test('comes in pages, on both nodes', async () => {
    for (const node of [leader, former]) {
      const first = await pageOf(node, { limit: '1' });
      const second = await pageOf(node, { limit: '1', cursor: first.body.cursor });
      expect([...namesOf(first), ...namesOf(second)].sort()).toEqual(['a', 'd']);
      const { cursor } = second.body;
      if (cursor !== undefined) expect(namesOf(await pageOf(node, { limit: '1', cursor }))).toEqual([]);
    }
  });

  test.each([
    'limit=0',
    'limit=1001',
    'limit=x',
    'cursor=x',
    'cursor=',
    'cursor=YQ',
    'cursor=MSAxIA',
    'cursor=MSAwIGE',
  ])('P8 %s is 400 invalid_parameter', async (query) => {
    const [name = '', value = ''] = query.split('=');
    for (const node of [leader, former]) {
      const { status, body } = await node.call('GET', '/divergent', { query: { [name]: value } });
      expect([status, body.code, body.parameter]).toEqual([400, 'invalid_parameter', name]);
    }
  });

  test('HEAD has the status and the headers of GET', async () => {
    for (const node of [leader, former]) {
      const get = await node.call('GET', '/divergent');
      const head = await node.call('HEAD', '/divergent');
      const length = { 'content-length': `${Buffer.byteLength(get.text)}` };
      expect(head).toEqual({ status: 200, text: '', body: undefined, headers: { ...get.headers, ...length } });
    }
  });

  test('the replica acknowledges nothing, and says where the primary is', async () => {
    for (const path of ['/divergent', '/divergent/a']) {
      const { status, body } = await former.call('DELETE', path);
      expect([status, body.code, body.primary]).toEqual([421, 'not_primary', leader.url]);
    }
    expect(namesOf(await listed())).toHaveLength(2);
  });

  test('P8 a key without a name acknowledges nothing', async () => {
    expect((await leader.call('DELETE', '/divergent/')).body.code).toBe('invalid_key');
    expect(namesOf(await listed())).toHaveLength(2);
  });

  test('the writes of a key are acknowledged, once, on both nodes', async () => {
    const { status, body } = await leader.call('DELETE', '/divergent/a');
    expect([status, body, schemaErrors('Acknowledged', body)]).toEqual([200, { acknowledged: 1, complete: true }, []]);
    expect(namesOf(await listed())).toEqual(['d']);
    const again = await leader.call('DELETE', '/divergent/a');
    expect([again.status, again.body.code]).toEqual([404, 'key_not_found']);
    expect(await statusOf(leader)).toMatchObject({ divergent: 1 });
    // What was lost stays so.
    const query = { at_least: lost.headers.etag as string };
    expect((await leader.call('GET', '/key/a', { query })).body.code).toBe('divergent');
  });

  test('all of them are acknowledged, whatever their keys are, and stay so when the nodes are compared', async () => {
    const keys = ['a/b', 'ä"ö\\', '__proto__', '1 2 x', ...Array.from({ length: 30 }, (_, i) => `many/${i}`)];
    await leader.call('POST', '/promote');
    await heal();
    [leader, former] = [former, leader];
    await failOver(async () => {
      for (const key of keys) {
        await put(former, key, { value: key });
        await put(leader, key, { value: 'after' });
      }
    });
    const { body } = await listed({ limit: '1000' });
    expect(body.writes.map(({ key }: Divergent) => key).sort()).toEqual([...keys, 'd'].sort());
    for (const { key, value } of body.writes.filter(({ key }: Divergent) => key !== 'd')) expect(value).toBe(key);

    const reply = await leader.call('DELETE', '/divergent');
    expect(reply.body).toEqual({ acknowledged: keys.length + 1, complete: true });
    await leader.call('POST', '/repair');
    expect((await listed()).body).toEqual({ writes: [], complete: true });
    expect(await statusOf(leader)).toMatchObject({ divergent: 0, inSync: true });
    expect((await leader.call('DELETE', '/divergent')).body).toEqual({ acknowledged: 0, complete: true });
  });
});

test('the example of the OpenAPI document is a page', () => {
  const { examples } = RESPONSE_SCHEMAS.DivergentPage;
  expect(examples.map((example) => schemaErrors('DivergentPage', example))).toEqual([[]]);
});
