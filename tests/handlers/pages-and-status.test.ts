// Pages of keys, statuses, repair, and the other routes; every answer as the OpenAPI document describes it.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MAX_VALUE_BYTES } from '../../lib/limits.ts';
import { type ArtifactNode, type ArtifactPair, artifactPair } from '../support/artifact.ts';
import { schemaErrors } from '../support/schema.ts';
import { until } from '../support/until.ts';

let nodes: ArtifactPair;
beforeAll(async () => {
  nodes = await artifactPair();
});
afterAll(() => nodes.close());

const put = (key: string, value: unknown) => nodes.primary.call('PUT', `/key/${key}`, { body: { value } });

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

test('keys come from the last one down, and folded, on both nodes', async () => {
  for (const key of ['tree/a', 'tree/b/1', 'tree/b/2', 'tree/c/1', 'tree/d']) await put(key, 1);
  for (const node of [nodes.primary, nodes.replica]) {
    const list = async (query: Record<string, string>) =>
      (await node.call('GET', '/keys', { query: { prefix: 'tree/', ...query } })).body;
    const down = await list({ reverse: 'true', limit: '2' });
    expect(down.keys.map(({ key }: { key: string }) => key)).toEqual(['tree/d', 'tree/c/1']);
    const first = await list({ delimiter: '/', limit: '2' });
    expect(schemaErrors('KeyPage', first)).toEqual([]);
    expect([first.keys.length, first.prefixes, first.complete]).toEqual([1, ['tree/b/'], false]);
    const next = await list({ delimiter: '/', limit: '2', cursor: first.cursor });
    expect([next.keys.length, next.prefixes, next.complete]).toEqual([1, ['tree/c/'], true]);
    expect(await list({ delimiter: '' })).toMatchObject({ code: 'invalid_parameter', parameter: 'delimiter' });
    expect(await list({ reverse: 'down' })).toMatchObject({ code: 'invalid_parameter', parameter: 'reverse' });
  }
});

test('keys come with their values, where these are asked for, on both nodes', async () => {
  const list = async (node: ArtifactNode, query: Record<string, string>) =>
    (await node.call('GET', '/keys', { query: { prefix: 'valued/', ...query } })).text;
  const text = '{ "a": 1.50, "b": "\\u00e9" }';
  await nodes.primary.call('PUT', '/key/valued/a', { body: `{"value":${text}}` });
  await put('valued/b', null);
  for (const node of [nodes.primary, nodes.replica]) {
    const page = await list(node, { values: 'true' });
    expect(schemaErrors('KeyPage', JSON.parse(page))).toEqual([]);
    // As it was written.
    expect(page).toContain(`"value":${text}}`);
    expect(JSON.parse(page).keys.map(({ value }: { value: unknown }) => value)).toEqual([{ a: 1.5, b: 'é' }, null]);
    for (const query of [{}, { values: 'false' }]) expect(await list(node, query)).not.toContain('"value"');
    expect(JSON.parse(await list(node, { values: 'yes' }))).toMatchObject({ code: 'invalid_parameter' });
  }
});

test('a page with values has at most 1 MiB, however long the keys and their escapes are', async () => {
  const keys = Array.from({ length: 9 }, (_, i) => `long/${i}${'\u0001'.repeat(1000)}`);
  for (const key of keys) await put(key, 'v'.repeat(MAX_VALUE_BYTES - 2));
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const query = { prefix: 'long/', values: 'true', ...(cursor && { cursor }) };
    const { text, body } = await nodes.replica.call('GET', '/keys', { query });
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1024 * 1024);
    seen.push(...body.keys.map(({ key }: { key: string }) => key));
    cursor = body.cursor;
  } while (cursor !== undefined);
  expect(seen).toEqual(keys);
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

test('P10 the nodes are in sync since the last of all failures was made good', async () => {
  await nodes.primary.call('POST', '/repair');
  await put('one', '__fail__');
  await put('two', '__fail__');
  await put('one', 'good');
  const between = Date.now();
  await until(() => Date.now() > between + 1);
  await put('two', 'good');
  const { inSync, inSyncSince } = (await nodes.primary.call('GET', '/status')).body;
  expect(inSync).toBe(true);
  expect(Date.parse(inSyncSince)).toBeGreaterThan(between);
});

test('P4 the status of a node, and repair, which ships the backlog', async () => {
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
