// GET /backlog: what the replica has not acknowledged, and why, on both engines; every page as the OpenAPI document
// describes it.
import type { RequestListener } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { RESPONSE_SCHEMAS } from '../../lib/http/openapi/responses.ts';
import { withProtocol } from '../../lib/peer/wire.ts';
import { type ArtifactPair, artifactPair, type Reply } from '../support/artifact.ts';
import { artifactPairOn } from '../support/artifact-on-dynamodb.ts';
import { startDynamoDb, type TestDynamoDb } from '../support/dynamodb.ts';
import { eventOf } from '../support/events.ts';
import { schemaErrors } from '../support/schema.ts';
import { withoutHurry } from '../support/unhurried.ts';
import { until } from '../support/until.ts';

withoutHurry();

interface Owed {
  readonly key: string;
  readonly updatedAt: string;
}

let dynamodb: TestDynamoDb;
beforeAll(async () => {
  dynamodb = await startDynamoDb();
});
afterAll(() => dynamodb.stop());

describe.each([
  ['memory', () => artifactPair({ STORE: 'memory' })],
  ['DynamoDB', () => artifactPairOn(dynamodb)],
])('GET /backlog over %s', (_, start) => {
  let nodes: ArtifactPair;
  beforeAll(async () => {
    nodes = await start();
  });
  afterAll(() => nodes.close());
  afterEach(heal);

  const put = (key: string, value: unknown = key) => nodes.primary.call('PUT', `/key/${key}`, { body: { value } });
  let isHurt = false;

  /** From now on the replica refuses the records of these keys. */
  async function refuse(keyPrefix: string): Promise<void> {
    isHurt = true;
    await nodes.replica.call('PUT', '/faults', { body: { faults: [{ kind: 'error', keyPrefix }] } });
  }

  async function heal(): Promise<void> {
    if (!isHurt) return;
    await nodes.replica.call('DELETE', '/faults');
    await nodes.primary.call('POST', '/repair');
    isHurt = false;
  }

  async function page(query: Record<string, string> = {}): Promise<Reply> {
    const reply = await nodes.primary.call('GET', '/backlog', { query });
    expect(reply.status).toBe(200);
    expect(schemaErrors('BacklogPage', reply.body)).toEqual([]);
    expect(reply.body.complete).toBe(reply.body.cursor === undefined);
    return reply;
  }

  const keysOf = ({ body }: Reply): string[] => body.records.map(({ key }: Owed) => key);

  test('is empty while the replica has acknowledged everything', async () => {
    await put('acknowledged');
    expect((await page()).body).toEqual({ records: [], complete: true });
  });

  test('tells of a write that failed: how often, why, and when it is tried again', async () => {
    await refuse('failed');
    const written = (await put('failed')).body;
    await nodes.primary.call('POST', '/repair');
    const { attempts, ...status } = (await nodes.primary.call('GET', '/status/failed')).body;
    const [record, ...others] = (await page()).body.records;
    expect(others).toEqual([]);
    expect(record).toEqual({
      key: 'failed',
      version: written.version,
      epoch: written.epoch,
      status: 'replication_failed',
      updatedAt: status.updatedAt,
      ageMs: expect.any(Number),
      attempts: 2,
      error: attempts[1].error,
      nextAttemptAt: status.nextAttemptAt,
    });
    expect(record.error).toBe(written.error);
    expect(record.ageMs).toBeLessThanOrEqual(Date.now() - Date.parse(record.updatedAt));
  });

  test('counts every attempt, also those that the status of the key keeps no more', async () => {
    await refuse('often');
    await put('often');
    for (let i = 0; i < 11; i++) await nodes.primary.repairAsScheduled();
    expect((await page()).body.records).toEqual([expect.objectContaining({ key: 'often', attempts: 12 })]);
    expect((await nodes.primary.call('GET', '/status/often')).body.attempts).toHaveLength(10);
  });

  test('lists a deletion that failed, and its key once, at its latest write', async () => {
    await put('deleted');
    await refuse('deleted');
    await put('deleted', 2);
    expect((await page()).body.records).toEqual([expect.objectContaining({ key: 'deleted', version: 2 })]);
    await nodes.primary.call('DELETE', '/key/deleted');
    const { records } = (await page()).body;
    expect(records).toEqual([expect.objectContaining({ key: 'deleted', version: 3, deleted: true, attempts: 1 })]);
    expect((await nodes.primary.call('GET', '/keys', { query: { prefix: 'deleted' } })).body.keys).toEqual([]);
  });

  test('comes in pages, oldest write first, while records come and go', async () => {
    await refuse('page/');
    const names = ['page/e', 'page/d', 'page/c', 'page/b', 'page/a'];
    for (const name of names) await putLater(name);
    const first = await page({ limit: '2' });
    expect(keysOf(first)).toEqual(names.slice(0, 2));

    // The place that the cursor names goes, what is to come next goes, and something new comes.
    await nodes.replica.call('DELETE', '/faults');
    await put('page/d');
    await put('page/c');
    await refuse('page/');
    await putLater('page/new');
    const seen: string[] = [];
    for (let { cursor } = first.body; cursor !== undefined; ) {
      const next = await page({ limit: '2', cursor });
      seen.push(...keysOf(next));
      cursor = next.body.cursor;
    }
    // What healed may have taken others along. What is still owed has been listed, in order.
    const owed = keysOf(await page());
    expect(owed).toContain('page/new');
    expect(seen.filter((key) => owed.includes(key))).toEqual(owed.filter((key) => key !== 'page/e'));
    expect(seen).not.toContain('page/c');
  });

  test('a cursor stays valid after everything was repaired: the page is empty', async () => {
    await refuse('repaired/');
    for (const name of ['a', 'b', 'c']) await putLater(`repaired/${name}`);
    const { cursor } = (await page({ limit: '1' })).body;
    await heal();
    expect((await page({ cursor })).body).toEqual({ records: [], complete: true });
  });

  test.each(['limit=0', 'limit=1001', 'limit=x', 'cursor=x', 'cursor=', 'cursor=YQ', 'cursor=MSA', 'cursor=MSBh='])(
    '%s is 400 invalid_parameter',
    async (query) => {
      const [name = '', value = ''] = query.split(/=(.*)/s);
      const { status, body } = await nodes.primary.call('GET', '/backlog', { query: { [name]: value } });
      expect([status, body.code, body.parameter]).toEqual([400, 'invalid_parameter', name]);
      expect(schemaErrors('Problem', body)).toEqual([]);
    },
  );

  test('on the replica is 421, and says where the primary is', async () => {
    const { status, body } = await nodes.replica.call('GET', '/backlog');
    expect([status, body.code, body.primary]).toEqual([421, 'not_primary', nodes.primary.url]);
  });

  test.each(['primary', 'replica'] as const)('HEAD has the status and the headers of GET on the %s', async (role) => {
    const get = await nodes[role].call('GET', '/backlog');
    const head = await nodes[role].call('HEAD', '/backlog');
    const length = { 'content-length': `${Buffer.byteLength(get.text)}` };
    expect(head).toEqual({ status: get.status, text: '', body: undefined, headers: { ...get.headers, ...length } });
  });

  test('says isAtLeast while the replica is being refilled', async () => {
    const well = nodes.replica.server.listeners('request') as RequestListener[];
    isHurt = true;
    await put('owed', 1);
    nodes.replica.server.removeAllListeners('request');
    nodes.replica.server.on('request', otherContents);
    try {
      // An answer of other contents: what the former ones acknowledged is gone, and cannot be brought yet.
      await put('met', 1);
      await nodes.primary.call('POST', '/repair');
      await until(async () => (await page()).body.isAtLeast);
    } finally {
      nodes.replica.server.removeAllListeners('request');
      for (const listener of well) nodes.replica.server.on('request', listener);
    }
    await heal();
    await until(async () => !(await page()).body.isAtLeast);
    expect(keysOf(await page())).toEqual([]);
  });

  /** Not in the millisecond of the write before, so that the order is known. */
  async function putLater(key: string): Promise<void> {
    const before = Date.now();
    while (Date.now() === before) await new Promise(setImmediate);
    await put(key);
  }
});

test('P7 a primary that is recovering answers 503: it does not know what it owes', async () => {
  const { replica, close } = await artifactPair({ STORE: 'memory' });
  try {
    Object.assign(process.env, { ROLE: 'primary', PEER_URL: replica.url });
    const { handler } = await import('../../handlers/backlog.ts');
    const call = async () => {
      const { statusCode, body } = await handler(eventOf('GET', '/backlog'), { awsRequestId: 'test-request' } as never);
      return [statusCode, JSON.parse(body ?? '{}').code];
    };
    expect(await call()).toEqual([503, 'recovering']);
    await until(async () => (await call())[0] === 200);
  } finally {
    await close();
  }
});

test('the example of the OpenAPI document is a page', () => {
  const { examples } = RESPONSE_SCHEMAS.BacklogPage;
  expect(examples.map((example) => schemaErrors('BacklogPage', example))).toEqual([[]]);
});

/** A replica that has just come back empty, and takes nothing yet. */
const otherContents: RequestListener = (request, response) => {
  const own = { role: 'replica', id: 'other contents', state: 'refilling', highestEpoch: 0 };
  const refusal = { code: 'other_contents', id: own.id };
  const isHandshake = request.url === '/handshake';
  request.resume();
  response.writeHead(isHandshake ? 200 : 409).end(JSON.stringify(isHandshake ? withProtocol(own) : refusal));
};
