// Failures made on purpose, on either node.
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type ArtifactPair, artifactPair } from '../support/artifact.ts';
import { schemaErrors } from '../support/schema.ts';

let nodes: ArtifactPair;
beforeAll(async () => {
  nodes = await artifactPair();
});
afterEach(async () => {
  for (const node of [nodes.primary, nodes.replica]) await node.call('DELETE', '/faults');
  await nodes.primary.call('POST', '/repair');
});
afterAll(() => nodes.close());

const set = (node: 'primary' | 'replica', ...faults: unknown[]) =>
  nodes[node].call('PUT', '/faults', { body: { faults } });
const put = async (key: string, value: unknown = key) =>
  (await nodes.primary.call('PUT', `/key/${key}`, { body: { value } })).body;
const copyOf = async (key: string) => (await nodes.replica.call('GET', `/key/${key}`)).body;

describe('faults', () => {
  test('are shown with their defaults, replaced and cleared', async () => {
    const { body } = await set('replica', { kind: 'error', keyPrefix: 'a' });
    expect(schemaErrors('Faults', body)).toEqual([]);
    expect(body.faults).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        kind: 'error',
        keyPrefix: 'a',
        probability: 1,
        count: null,
        delayMs: 0,
        ttl: 60,
        expiresAt: expect.any(String),
      },
    ]);
    expect(body.always).toEqual([{ kind: 'error', value: '__fail__' }]);
    expect((await set('replica', { kind: 'delay' })).body.faults).toHaveLength(1);
    expect((await nodes.replica.call('DELETE', '/faults')).body.faults).toEqual([]);
    expect((await nodes.replica.call('GET', '/faults')).body.faults).toEqual([]);
  });

  test.each<[unknown]>([
    [{ kind: 'explode' }],
    [{ kind: 'error', probability: 2 }],
    [{ kind: 'error', count: 0 }],
    [{ kind: 'error', ttl: 3601 }],
    [{ kind: 'error', keyprefix: 'x' }],
    ['error'],
  ])('%j is refused', async (fault) => {
    expect((await set('primary', fault)).body.code).toBe('invalid_body');
  });

  test('are added one by one, and taken away one by one', async () => {
    const node = nodes.replica;
    const add = (fault: unknown) => node.call('POST', '/faults', { body: fault });
    const remove = (id: string) => node.call('DELETE', `/faults/${id}`);
    await set('replica', { kind: 'delay' });
    const { status, body: added, headers } = await add({ kind: 'error', keyPrefix: 'a', ttl: 5 });
    expect([status, headers.location]).toEqual([201, `/faults/${added.id}`]);
    expect(schemaErrors('Fault', added)).toEqual([]);
    expect(added).toMatchObject({ kind: 'error', keyPrefix: 'a', probability: 1, ttl: 5 });
    const { faults } = (await node.call('GET', '/faults')).body;
    expect(faults).toEqual([expect.objectContaining({ kind: 'delay' }), added]);
    expect((await remove(faults[0].id)).body.faults).toEqual([added]);
    for (const id of [faults[0].id, 'none', 'x'.repeat(1000)])
      expect(await remove(id)).toMatchObject({ status: 404, body: { code: 'key_not_found' } });
    expect((await node.call('DELETE', '/faults/')).status).toBe(404);
    expect((await node.call('GET', '/faults')).body.faults).toEqual([added]);
  });

  test.each<[unknown]>([[{}], [{ kind: 'explode' }], [{ faults: [] }], [{ kind: 'error', id: 'mine' }], [[]]])(
    'POST of %j is refused',
    async (fault) => {
      expect(await nodes.primary.call('POST', '/faults', { body: fault })).toMatchObject({
        status: 422,
        body: { code: 'invalid_body' },
      });
    },
  );

  test('no more are on than may be', async () => {
    await set('replica', ...Array(100).fill({ kind: 'delay', keyPrefix: 'none' }));
    const add = () => nodes.replica.call('POST', '/faults', { body: { kind: 'error', keyPrefix: 'none' } });
    expect((await add()).body).toMatchObject({ code: 'invalid_body', detail: expect.stringContaining('100') });
    const { faults } = (await nodes.replica.call('GET', '/faults')).body;
    await nodes.replica.call('DELETE', `/faults/${faults[0].id}`);
    expect((await add()).status).toBe(201);
  });

  test('end with their time to live', async () => {
    await set('replica', { kind: 'error', ttl: 1 });
    const { now } = Date;
    Date.now = () => now() + 1000;
    try {
      expect((await nodes.replica.call('GET', '/faults')).body.faults).toEqual([]);
    } finally {
      Date.now = now;
    }
  });

  test('end with their count', async () => {
    await set('replica', { kind: 'error', count: 2 });
    expect((await put('a')).status).toBe('replication_failed');
    expect((await nodes.replica.call('GET', '/faults')).body.faults[0].count).toBe(1);
    expect((await put('b')).status).toBe('replication_failed');
    expect((await put('c')).status).toBe('replicated');
  });
});

describe.each(['primary', 'replica'] as const)('on the %s', (node) => {
  test('P6 error fails the records with the prefix, and no others', async () => {
    await set(node, { kind: 'error', keyPrefix: 'bad/' });
    expect(await put(`bad/${node}`)).toMatchObject({
      status: 'replication_failed',
      error: expect.stringContaining('fault'),
    });
    expect((await put('good/1')).status).toBe('replicated');
    expect((await copyOf(`bad/${node}`)).code).toBe('key_not_found');
  });

  test('delay makes a write as slow, and no more', async () => {
    await set(node, { kind: 'delay', delayMs: 300, count: 1 });
    const began = performance.now();
    expect((await put('slow')).status).toBe('replicated');
    expect(performance.now() - began).toBeGreaterThan(290);
  });

  test('P3 duplicate has the record applied twice, which changes nothing', async () => {
    await set(node, { kind: 'duplicate' });
    expect((await put('twice')).status).toBe('replicated');
    expect(await copyOf('twice')).toMatchObject({ value: 'twice', version: (await put('twice')).version - 1 });
  });

  test('P4 drop_request: the record does not arrive, and the next write brings it', async () => {
    await set(node, { kind: 'drop_request', keyPrefix: 'lost', count: 1 });
    expect((await put(`lost/${node}`)).status).toBe('replication_failed');
    expect((await copyOf(`lost/${node}`)).code).toBe('key_not_found');
    await put('next');
    expect((await copyOf(`lost/${node}`)).value).toBe(`lost/${node}`);
  });

  test('P3 P4 drop_reply: the record arrives, the primary does not know, and nothing is applied twice', async () => {
    await set(node, { kind: 'drop_reply', keyPrefix: 'unheard', count: 1 });
    expect((await put(`unheard/${node}`)).status).toBe('replication_failed');
    expect((await copyOf(`unheard/${node}`)).version).toBe(1);
    await put('next');
    const { body } = await nodes.primary.call('GET', `/status/unheard/${node}`);
    expect(body).toMatchObject({ status: 'replicated', attempts: [{ outcome: 'failed' }, { outcome: 'same' }] });
  });
});

test('where fault injection is off there is no such route, and __fail__ is a string like any other', async () => {
  const deployed = await artifactPair({ FAULT_INJECTION: 'off' });
  try {
    for (const method of ['GET', 'PUT', 'POST', 'DELETE', 'PATCH']) {
      expect((await deployed.replica.call(method, '/faults', { body: { faults: [] } })).body.code).toBe(
        'no_such_route',
      );
    }
    expect((await deployed.primary.call('PUT', '/key/k', { body: { value: '__fail__' } })).body.status).toBe(
      'replicated',
    );
  } finally {
    await deployed.close();
  }
});
