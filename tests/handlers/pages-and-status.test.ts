// Pages of keys, statuses, repair, and the other routes; every answer as the OpenAPI document describes it.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ArtifactPair, artifactPair, PEER_TOKEN } from '../support/artifact.ts';
import { schemaErrors } from '../support/schema.ts';

let nodes: ArtifactPair;
beforeAll(async () => {
  nodes = await artifactPair();
});
afterAll(() => nodes.close());

const put = (key: string, value: unknown) => nodes.primary.call('PUT', `/key/${key}`, { body: { value } });
const record = { key: 'r', value: '1', epoch: 1, version: 1, updatedAt: 1 };
const replicate = (body: unknown) =>
  nodes.replica.call('POST', '/replicate', { body, headers: { authorization: `Bearer ${PEER_TOKEN}` } });

test('keys come in pages, on both nodes', async () => {
  for (let i = 0; i < 25; i++) await put(`page/${String(i).padStart(2, '0')}`, i);
  for (const node of [nodes.primary, nodes.replica]) {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const { status, body } = await node.call('GET', '/keys', {
        query: { prefix: 'page/', limit: '10', ...(cursor && { cursor }) },
      });
      expect(status).toBe(200);
      expect(schemaErrors('KeyPage', body)).toEqual([]);
      expect(body.complete).toBe(body.cursor === undefined);
      seen.push(...body.keys.map(({ key }: { key: string }) => key));
      cursor = body.cursor;
    } while (cursor !== undefined);
    expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => `page/${String(i).padStart(2, '0')}`));
  }
});

test('the status of a key says what happened to its copy', async () => {
  await put('s', 1);
  const { body } = await nodes.primary.call('GET', '/status/s');
  expect(schemaErrors('KeyStatus', body)).toEqual([]);
  expect(body).toMatchObject({
    status: 'replicated',
    version: 1,
    lagMs: expect.any(Number),
    attempts: [{ outcome: 'applied' }],
  });
  const copy = (await nodes.replica.call('GET', '/status/s')).body;
  expect(schemaErrors('KeyStatus', copy)).toEqual([]);
  expect(copy).toMatchObject({ status: 'replica', version: 1, updatedAt: body.updatedAt });
  expect(copy.attempts).toBeUndefined();
});

test('the status of a node, and repair, which ships the backlog', async () => {
  await put('bad', '__fail__');
  const before = (await nodes.primary.call('GET', '/status')).body;
  expect(schemaErrors('NodeStatus', before)).toEqual([]);
  expect(before).toMatchObject({
    role: 'primary',
    backlog: { count: 1, oldestAgeMs: expect.any(Number) },
    inSync: false,
    replica: { reachable: true, circuit: 'closed' },
  });

  const report = (await nodes.primary.call('POST', '/repair')).body;
  expect(schemaErrors('RepairReport', report)).toEqual([]);
  expect(report).toMatchObject({ shipped: 0, failed: 1, remaining: 1 });
  expect((await nodes.primary.call('GET', '/status/bad')).body.attempts).toHaveLength(2);

  const replica = (await nodes.replica.call('GET', '/status')).body;
  expect(schemaErrors('NodeStatus', replica)).toEqual([]);
  expect(replica).toMatchObject({ role: 'replica', highestEpoch: before.epoch, id: before.replica.id });
});

test('records, writes, problems and health are as described', async () => {
  const written = await put('described', [1]);
  expect(schemaErrors('Written', written.body)).toEqual([]);
  expect(schemaErrors('Written', (await put('described', '__fail__')).body)).toEqual([]);
  expect(schemaErrors('Record', (await nodes.replica.call('GET', '/key/described')).body)).toEqual([]);
  expect(schemaErrors('Problem', (await nodes.primary.call('GET', '/key/none')).body)).toEqual([]);
  for (const node of [nodes.primary, nodes.replica])
    expect(schemaErrors('Health', (await node.call('GET', '/healthz')).body)).toEqual([]);
  expect((await nodes.primary.call('GET', '/openapi.json')).body.openapi).toBe('3.1.0');
});

test('a batch is answered record by record', async () => {
  const { epoch } = (await nodes.primary.call('GET', '/status')).body;
  const bad = { ...record, key: 'f', value: '"__fail__"' };
  const { status, body } = await replicate({
    from: 'test',
    epoch,
    records: [record, bad, record, { ...record, version: 2 }],
  });
  expect(status).toBe(200);
  expect(schemaErrors('BatchAnswer', body)).toEqual([]);
  expect(body.answers.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
    'applied',
    'failed',
    'same',
    'applied',
  ]);
});

test.each<[string, { from: string; epoch: number; records?: unknown[] }]>([
  ['no records', { from: 'x', epoch: 1 }],
  ['a negative version', { from: 'x', epoch: 1, records: [{ ...record, version: -1 }] }],
  ['a version that is no integer', { from: 'x', epoch: 1, records: [{ ...record, version: 1.5 }] }],
  ['a key over the limit', { from: 'x', epoch: 1, records: [{ ...record, key: 'k'.repeat(1025) }] }],
  ['an empty key', { from: 'x', epoch: 1, records: [{ ...record, key: '' }] }],
  ['a value that is no JSON', { from: 'x', epoch: 1, records: [{ ...record, value: '{' }] }],
  ['a value over the limit', { from: 'x', epoch: 1, records: [{ ...record, value: `"${'x'.repeat(256 * 1024)}"` }] }],
  ['too many records', { from: 'x', epoch: 1, records: Array.from({ length: 501 }, () => record) }],
])('a batch with %s is refused, and nothing of it is applied', async (_, batch) => {
  const fresh = { ...record, key: 'fresh' };
  const { status, body } = await replicate({ ...batch, records: batch.records && [fresh, ...batch.records] });
  expect([status, body.code]).toEqual([422, 'invalid_body']);
  expect((await nodes.replica.call('GET', '/status/fresh')).status).toBe(404);
});

test('a batch of an epoch below the highest seen is refused with it', async () => {
  const { status, body } = await replicate({ from: 'old', epoch: 1, records: [record] });
  expect([status, body.code]).toEqual([409, 'stale_epoch']);
  expect(body.highestEpoch).toBe((await nodes.primary.call('GET', '/status')).body.epoch);
});

test('a batch for a primary is misdirected', async () => {
  const { status, body } = await nodes.primary.call('POST', '/replicate', {
    body: {},
    headers: { authorization: `Bearer ${PEER_TOKEN}` },
  });
  expect([status, body.code, body.replica]).toEqual([421, 'not_replica', nodes.replica.url]);
});
