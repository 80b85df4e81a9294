// What the nodes say to each other, and what strangers and liars get: a clear refusal, nothing applied by halves, and
// a line in the log that says who and what.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type ArtifactPair, artifactPair, PEER_TOKEN } from '../support/artifact.ts';
import { schemaErrors } from '../support/schema.ts';
import { until } from '../support/until.ts';

let nodes: ArtifactPair;
let epoch: number;
/** Which contents the primary and the replica have. */
let from: string;
let to: string;
beforeAll(async () => {
  nodes = await artifactPair();
  await nodes.primary.call('PUT', '/key/first', { body: { value: 1 } });
  const { body } = await nodes.primary.call('GET', '/status');
  ({ epoch, id: from } = body);
  to = body.replica.id;
});
afterAll(() => nodes.close());

let logged: string[];
beforeEach(() => {
  logged = [];
  jest.spyOn(console, 'warn').mockImplementation((line) => void logged.push(line));
});
afterEach(() => {
  jest.restoreAllMocks();
});

const record = { key: 'r', value: '1', epoch: 1, version: 1, updatedAt: 1 };
const batch = (records: unknown[], more = {}) => ({ protocol: 2, from, to, epoch, records, ...more });
const asPeer = { authorization: `Bearer ${PEER_TOKEN}` };
const replicate = (body: unknown) => nodes.replica.call('POST', '/replicate', { body, headers: asPeer });
/** Asks a node what it holds, as the other one does. @param question a text is sent as it is */
const ask = (question: object | string, role: 'primary' | 'replica' = 'replica') => {
  const sender = role === 'replica' ? { from, to } : { from: to, to: from };
  const body = typeof question === 'string' ? question : { protocol: 2, ...sender, ...question };
  return nodes[role].call('POST', '/digest', { body, headers: asPeer });
};

describe('a batch', () => {
  test('is answered record by record', async () => {
    const bad = { ...record, key: 'f', value: '"__fail__"' };
    const { status, body } = await replicate(batch([record, bad, record, { ...record, version: 2 }]));
    expect(status).toBe(200);
    expect(schemaErrors('BatchAnswer', body)).toEqual([]);
    expect(body.answers.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
      'applied',
      'failed',
      'same',
      'applied',
    ]);
  });

  const future = Date.now() + 10 * 366 * 24 * 60 * 60 * 1000;
  test.each<[string, () => unknown, number, string]>([
    ['no records', () => batch([], { records: undefined }), 422, 'invalid_body'],
    ['nobody whom it is for', () => batch([record], { to: undefined }), 422, 'invalid_body'],
    ['no protocol, as version 0.1 sends it,', () => batch([record], { protocol: undefined }), 422, 'invalid_body'],
    ['another protocol', () => batch([record], { protocol: 3 }), 422, 'invalid_body'],
    ['other contents than these', () => batch([record], { to: 'gone' }), 409, 'other_contents'],
    ['the contents of this node as its sender', () => batch([record], { from: to }), 422, 'invalid_body'],
    ['another primary of the same epoch', () => batch([record], { from: 'another' }), 409, 'stale_epoch'],
    ['an epoch in the far future', () => batch([record], { epoch: future }), 422, 'invalid_body'],
    ['a stale epoch', () => batch([record], { epoch: 1 }), 409, 'stale_epoch'],
    ['501 records', () => batch(Array.from({ length: 501 }, () => record)), 422, 'invalid_body'],
    ['100,000 records', () => batch(Array.from({ length: 100_000 }, () => record)), 413, 'value_too_large'],
    ['its end cut off', () => JSON.stringify(batch([record])).slice(0, -9), 400, 'invalid_json'],
    ['nothing in it', () => undefined, 400, 'invalid_json'],
  ])('P8 with %s is refused, nothing of it is applied, and the log says who sent it', async (_, make, status, code) => {
    const body = make() as { records?: unknown[] };
    const fresh = { ...record, key: 'fresh' };
    const sent =
      body && typeof body === 'object' && body.records ? { ...body, records: [fresh, ...body.records] } : body;
    const reply = await replicate(sent);
    expect([reply.status, reply.body.code]).toEqual([status, code]);
    expect(reply.body.detail.length).toBeGreaterThan(15);
    expect((await nodes.replica.call('GET', '/status/fresh')).status).toBe(404);
    expect(logged.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({
        level: 'warn',
        path: '/replicate',
        from: '127.0.0.1',
        code,
        requestId: 'test-request',
      }),
    ]);
    expect((await nodes.primary.call('PUT', '/key/next', { body: { value: 1 } })).body.status).toBe('replicated');
  });

  test.each<[string, object]>([
    ['a negative version', { version: -1 }],
    ['a version that is no integer', { version: 1.5 }],
    ['a version beyond the safe integers', { version: 2 ** 53 }],
    ['a version of 2^48 + 1', { version: 2 ** 48 + 1 }],
    ['a key over the limit', { key: 'k'.repeat(1025) }],
    ['an empty key', { key: '' }],
    ['a value that is no JSON', { value: '{' }],
    ['a value that nests too deep', { value: `${'['.repeat(65)}${']'.repeat(65)}` }],
    ['a value over the limit', { value: `"${'x'.repeat(256 * 1024)}"` }],
    ['a value that is no text', { value: 1 }],
    ['a time that no calendar has', { updatedAt: 9e15 }],
    ['an epoch in the far future', { epoch: future }],
    ['a base that is newer than itself', { base: { epoch: 1, version: 2 } }],
  ])('P8 a record with %s fails alone, and the log says who sent it', async (title, more) => {
    const [good, later] = [
      { ...record, key: `${title}/1` },
      { ...record, key: `${title}/2` },
    ];
    const { status, body } = await replicate(batch([good, { ...record, ...more }, later]));
    expect(status).toBe(200);
    expect(schemaErrors('BatchAnswer', body)).toEqual([]);
    expect(body.answers).toEqual([
      { outcome: 'applied' },
      { outcome: 'failed', error: expect.any(String) },
      { outcome: 'applied' },
    ]);
    expect(logged.map((line) => JSON.parse(line))).toEqual([
      { level: 'warn', message: 'records refused', path: '/replicate', from: '127.0.0.1', count: 1 },
    ]);
  });

  test('the base of a record goes with it: pulled, written over, shipped', async () => {
    const found = { ...record, key: 'based', epoch, version: 7, base: { epoch, version: 2 } };
    await replicate(batch([found]));
    const recordsOf = async (role: 'primary' | 'replica') => {
      const { body } = await ask({ keys: ['based'] }, role);
      expect(schemaErrors('Records', body)).toEqual([]);
      return body.records;
    };
    // A repair that is under way has perhaps looked there before.
    await until(async () => {
      await nodes.primary.call('POST', '/repair');
      return (await recordsOf('primary')).length > 0;
    });
    for (const role of ['primary', 'replica'] as const) expect(await recordsOf(role)).toEqual([found]);
    for (const version of [8, 9]) {
      const { body } = await nodes.primary.call('PUT', '/key/based', { body: { value: version } });
      expect(body).toEqual({ key: 'based', epoch, version, status: 'replicated' });
      for (const role of ['primary', 'replica'] as const)
        expect(await recordsOf(role)).toEqual([expect.objectContaining({ version, base: { epoch, version: 7 } })]);
    }
    for (const { call } of [nodes.primary, nodes.replica])
      for (const path of ['/key/based', '/status/based'])
        expect((await call('GET', path)).body).not.toHaveProperty('base');
  });

  test('P8 a record of a later epoch than its sender fails alone', async () => {
    const { body } = await replicate(
      batch([
        { ...record, key: 'late', epoch: epoch + 1 },
        { ...record, key: 'on time' },
      ]),
    );
    expect(body.answers).toEqual([
      { outcome: 'failed', error: 'epoch: is later than that of the primary' },
      { outcome: 'applied' },
    ]);
  });

  test('P3 of a stale epoch is told the highest, and who began it', async () => {
    expect((await replicate(batch([], { epoch: 1 }))).body).toMatchObject({ highestEpoch: epoch, begunBy: from });
  });

  test('P3 for other contents is told which there are', async () => {
    expect((await replicate(batch([], { to: 'gone' }))).body.id).toBe(to);
  });

  test('of another protocol is told which one each node speaks', async () => {
    const { body } = await replicate(batch([], { protocol: undefined }));
    expect(body).toMatchObject({
      field: 'protocol',
      detail: expect.stringContaining('speaks protocol 2, and the other one 1'),
    });
  });

  test('P8 that lies about what may be forgotten removes nothing that is live', async () => {
    const { status } = await replicate(batch([], { compared: { forgetBefore: 8_640_000_000_000_000 } }));
    expect(status).toBe(200);
    expect((await nodes.replica.call('GET', '/key/first')).status).toBe(200);
  });

  test('P3 of an earlier epoch than its own a primary refuses, and says whose is later', async () => {
    const sent = batch([record], { from: to, to: from, epoch: epoch - 1 });
    const { status, body } = await nodes.primary.call('POST', '/replicate', { body: sent, headers: asPeer });
    expect([status, body.code, body.begunBy, body.highestEpoch]).toEqual([409, 'stale_epoch', from, epoch]);
    expect((await nodes.primary.call('GET', '/status')).body).toMatchObject({ role: 'primary', epoch });
  });
});

describe('digests', () => {
  test('are the same on both nodes when they hold the same', async () => {
    await nodes.primary.call('POST', '/repair');
    const [here, there] = [await ask({}, 'primary'), await nodes.replica.call('GET', '/digest', { headers: asPeer })];
    expect(schemaErrors('Digests', here.body)).toEqual([]);
    expect(schemaErrors('GroupSums', there.body)).toEqual([]);
    expect(here.body.sums).toEqual(there.body.sums);
  });

  test('lead from groups to buckets, to stamps, to records', async () => {
    const { sums } = (await ask({})).body;
    const groups = sums.flatMap((sum: string, group: number) => (sum === '0' ? [] : [group]));
    const leaves = (await ask({ groups })).body.sums;
    expect(leaves).toHaveLength(128 * groups.length);
    const buckets = leaves.flatMap((sum: string, i: number) =>
      sum === '0' ? [] : [groups[Math.floor(i / 128)] * 128 + (i % 128)],
    );
    const { stamps } = (await ask({ buckets })).body;
    expect(stamps).toContainEqual({ key: 'first', epoch, version: 1 });
    const { records, asked } = (await ask({ keys: ['first', 'none'] })).body;
    expect([asked, records]).toEqual([2, [expect.objectContaining({ key: 'first', value: '1' })]]);
  });

  test('tell what the node owes, page by page', async () => {
    await nodes.primary.call('PUT', '/key/owed', { body: { value: '__fail__' } });
    const { status, body } = await ask({ owedAfter: null }, 'primary');
    expect([status, schemaErrors('StampPage', body)]).toEqual([200, []]);
    expect(body.stamps).toEqual([{ key: 'owed', epoch, version: 1 }]);
    expect((await ask({ owedAfter: null })).body.stamps).toEqual([]);
    await nodes.primary.call('PUT', '/key/owed', { body: { value: 1 } });
    expect((await ask({ owedAfter: null }, 'primary')).body.stamps).toEqual([]);
  });

  test.each<[string, object | string, number, string]>([
    ['a bucket that does not exist', { buckets: [16_384] }, 422, 'invalid_body'],
    ['a group that does not exist', { groups: [-1] }, 422, 'invalid_body'],
    ['no keys', { keys: [] }, 422, 'invalid_body'],
    ['a place in what is owed that is none', { owedAfter: 'x' }, 422, 'invalid_body'],
    ['too many keys', { keys: Array.from({ length: 501 }, () => 'k') }, 422, 'invalid_body'],
    ['a bad cursor', { buckets: [1], cursor: 'x' }, 422, 'invalid_body'],
    ['something else', { everything: true }, 422, 'invalid_body'],
    ['broken JSON', '{', 400, 'invalid_json'],
    ['a stale epoch', { epoch: 1 }, 409, 'stale_epoch'],
    ['other contents', { to: 'gone' }, 409, 'other_contents'],
    ['another protocol', { protocol: 1 }, 422, 'invalid_body'],
  ])('P8 asked for with %s are refused', async (_, question, status, code) => {
    const reply = await ask(question);
    expect([reply.status, reply.body.code]).toEqual([status, code]);
    expect(JSON.parse(logged[0] as string)).toMatchObject({ path: '/digest', from: '127.0.0.1', code });
  });
});

test.each(['/replicate', '/digest', '/handshake', '/switchover'])(
  'P8 a stranger at %s is refused and logged',
  async (path) => {
    for (const [headers, code] of [
      [{}, 'unauthorized'],
      [{ authorization: 'Bearer guess' }, 'forbidden'],
      [{ authorization: 'Basic x' }, 'unauthorized'],
    ] as const) {
      const { body } = await nodes.replica.call('POST', path, { body: batch([record]), headers });
      expect(body.code).toBe(code);
    }
    expect(logged.map((line) => JSON.parse(line).code)).toEqual(['unauthorized', 'forbidden', 'unauthorized']);
    expect(logged.join()).not.toContain('guess');
  },
);

describe('a question for the lead', () => {
  const askForLead = (body: object) => nodes.primary.call('POST', '/switchover', { body, headers: asPeer });

  test.each<[string, () => object, number, string]>([
    ['other contents than these', () => ({ protocol: 2, from: to, to: 'gone' }), 409, 'other_contents'],
    ['contents that are not in sync', () => ({ protocol: 2, from: 'unknown', to: from }), 409, 'not_in_sync'],
    ['nobody', () => ({ protocol: 2, from: to }), 422, 'invalid_body'],
    ['something that it does not know', () => ({ protocol: 2, from: to, to: from, force: true }), 422, 'invalid_body'],
    ['another protocol', () => ({ from: to, to: from }), 422, 'invalid_body'],
  ])('P8 that names %s is refused, and the primary leads on', async (_, question, status, code) => {
    const reply = await askForLead(question());
    expect([reply.status, reply.body.code, reply.body.protocol]).toEqual([status, code, 2]);
    expect(JSON.parse(logged[0] as string)).toMatchObject({ path: '/switchover', from: '127.0.0.1', code });
    expect((await nodes.primary.call('GET', '/status')).body).toMatchObject({ state: 'serving', epoch });
    expect((await nodes.primary.call('PUT', '/key/next', { body: { value: 1 } })).body.status).toBe('replicated');
  });

  test('at a replica is misdirected', async () => {
    const body = { protocol: 2, from, to };
    const reply = await nodes.replica.call('POST', '/switchover', { body, headers: asPeer });
    expect([reply.status, reply.body.code, reply.body.primary]).toEqual([421, 'not_primary', nodes.primary.url]);
  });
});
