// What a deployed node prints (LOG=json): one structured line per request, metrics with those requests that have any,
// and never a key or a value.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type ArtifactPair, artifactPair, PEER_TOKEN } from '../support/artifact.ts';
import type { EventOptions } from '../support/events.ts';
import { emfErrors, type Line, metricsIn, printedBy } from '../support/printed.ts';

let nodes: ArtifactPair;
beforeAll(async () => {
  await printedBy(async () => {
    nodes = await artifactPair({ LOG: 'json' });
    await nodes.primary.call('POST', '/repair');
    await put(KEY);
  });
});
afterAll(() => nodes.close());

/** In every key and value here, and in nothing that is printed. */
const SECRET = 'hush';
const KEY = `${SECRET}/key`;
const VALUE = { value: `${SECRET} value` };
const FAIL = { body: { value: '__fail__' } };
const AS_PEER = { authorization: `Bearer ${PEER_TOKEN}` };
const put = (key: string, options: EventOptions = { body: VALUE }) => nodes.primary.call('PUT', `/key/${key}`, options);

/** The lines that were printed meanwhile: each one JSON object without a secret, metrics in the right format. */
async function linesOf(action: () => Promise<unknown>): Promise<Line[]> {
  const printed = await printedBy(action);
  expect(printed.join('\n')).not.toContain(SECRET);
  const lines = printed.map((line) => JSON.parse(line));
  expect(lines.filter((line) => typeof line !== 'object' || Array.isArray(line))).toEqual([]);
  expect(lines.filter(({ _aws }) => _aws !== undefined).flatMap(emfErrors)).toEqual([]);
  return lines;
}

const requestsIn = (lines: readonly Line[]) => lines.filter(({ message }) => message === 'request');
const linesOfRequest = (role: 'primary' | 'replica', method: string, path: string, options?: EventOptions) =>
  linesOf(() => nodes[role].call(method, path, options));

describe('the line of a request', () => {
  test('says which, what came of it, and how long it took', async () => {
    const key = `${SECRET}/first`;
    const lines = await linesOf(() => put(key));
    expect(requestsIn(lines)).toEqual([
      expect.objectContaining({ role: 'replica', route: 'POST /replicate', status: 200 }),
      {
        level: 'INFO',
        message: 'request',
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        service: 'tandem-primary',
        requestId: 'test-request',
        gatewayRequestId: 'request-of-the-gateway',
        role: 'primary',
        route: 'PUT /key/{key+}',
        keyHash: createHash('sha256').update(key).digest('hex').slice(0, 16),
        status: 201,
        replicationStatus: 'replicated',
        durationMs: expect.any(Number),
      },
    ]);
  });

  const malformed = { body: `{"value": ${SECRET}}` };
  const stranger = { body: {}, headers: { authorization: `Bearer ${SECRET}` } };
  const record = { key: SECRET, value: `"${SECRET}"`, epoch: SECRET, version: 1, updatedAt: 1 };
  const badBatch = {
    body: { protocol: 2, from: SECRET, to: SECRET, epoch: SECRET, records: [record] },
    headers: AS_PEER,
  };
  const otherContents = { body: { protocol: 2, from: SECRET, to: SECRET, keys: [KEY] }, headers: AS_PEER };
  test.each<['primary' | 'replica', string, string, EventOptions, string, string]>([
    ['primary', 'GET', `/key/${KEY}`, {}, 'GET /key/{key+}', '200'],
    ['replica', 'GET', `/key/${KEY}`, {}, 'GET /key/{key+}', '200'],
    ['primary', 'GET', `/key/${SECRET}-none`, {}, 'GET /key/{key+}', '404 key_not_found'],
    ['primary', 'GET', '/key/', {}, 'GET *', '400 invalid_key'],
    ['primary', 'PUT', `/key/${SECRET}\ud800`, { body: VALUE }, 'PUT /key/{key+}', '400 invalid_key'],
    ['primary', 'PUT', `/key/${KEY}`, malformed, 'PUT /key/{key+}', '400 invalid_json'],
    ['primary', 'PUT', `/key/${KEY}`, { body: { [SECRET]: 1 } }, 'PUT /key/{key+}', '422 invalid_body'],
    [
      'primary',
      'PUT',
      `/key/${KEY}`,
      { body: VALUE, headers: { 'if-match': '"1-1"' } },
      'PUT /key/{key+}',
      '412 precondition_failed',
    ],
    [
      'primary',
      'PUT',
      `/key/${KEY}`,
      { body: VALUE, headers: { 'content-type': SECRET } },
      'PUT /key/{key+}',
      '415 unsupported_media_type',
    ],
    ['replica', 'PUT', `/key/${KEY}`, { body: VALUE }, 'PUT /key/{key+}', '421 not_primary'],
    ['replica', 'DELETE', `/key/${KEY}`, {}, 'DELETE /key/{key+}', '421 not_primary'],
    ['primary', 'DELETE', `/key/${SECRET}-none`, {}, 'DELETE /key/{key+}', '404 key_not_found'],
    ['primary', 'GET', '/keys', { query: { prefix: SECRET } }, 'GET /keys', '200'],
    ['primary', 'GET', '/keys', { query: { cursor: SECRET, limit: SECRET } }, 'GET /keys', '400 invalid_parameter'],
    ['primary', 'GET', `/status/${KEY}`, {}, 'GET /status/{key+}', '200'],
    ['replica', 'GET', '/status', {}, 'GET /status', '200'],
    ['replica', 'POST', '/replicate', badBatch, 'POST /replicate', '422 invalid_body'],
    ['replica', 'POST', '/replicate', { ...malformed, headers: AS_PEER }, 'POST /replicate', '400 invalid_json'],
    ['replica', 'POST', '/replicate', stranger, 'POST /replicate', '403 forbidden'],
    ['primary', 'POST', '/replicate', { body: {}, headers: AS_PEER }, 'POST /replicate', '422 invalid_body'],
    ['primary', 'GET', '/digest', { headers: AS_PEER }, 'GET /digest', '200'],
    ['primary', 'POST', '/digest', otherContents, 'POST /digest', '409 other_contents'],
    ['primary', 'POST', '/digest', { body: { keys: SECRET }, headers: AS_PEER }, 'POST /digest', '422 invalid_body'],
    ['primary', 'GET', '/faults', {}, 'GET /faults', '200'],
    [
      'primary',
      'PUT',
      '/faults',
      { body: { faults: [{ kind: 'delay', delayMs: 0, keyPrefix: `${SECRET} no key` }] } },
      'PUT /faults',
      '200',
    ],
    ['primary', 'PUT', '/faults', { body: { faults: [{ kind: SECRET }] } }, 'PUT /faults', '422 invalid_body'],
    ['primary', 'DELETE', '/faults', {}, 'DELETE /faults', '200'],
    ['primary', 'GET', '/healthz', {}, 'GET /healthz', '200'],
    ['replica', 'GET', '/openapi.json', {}, 'GET /openapi.json', '200'],
    ['primary', 'POST', `/key/${KEY}`, {}, 'POST /key/{key+}', '405 method_not_allowed'],
    ['primary', 'GET', `/keys/${SECRET}`, {}, 'GET *', '404 no_such_route'],
  ])('%s: %s %s %j is %s, %s', async (role, method, path, options, route, outcome) => {
    // The other node logs what it is asked meanwhile.
    const lines = requestsIn(await linesOfRequest(role, method, path, options));
    const requests = lines.filter((line) => line.role === role);
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({ level: 'INFO', role, service: `tandem-${role}`, route });
    const { status, code } = requests[0];
    expect([status, code].filter(Boolean).join(' ')).toBe(outcome);
  });

  test('comes with one of the error that nobody foresaw, with its stack and the request id', async () => {
    const broken = jest.spyOn(Date, 'now').mockImplementation(() => {
      throw new TypeError(`cannot read "${SECRET}"`);
    });
    const lines = await linesOfRequest('primary', 'GET', `/key/${KEY}`).finally(() => broken.mockRestore());
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'ERROR',
        message: 'internal_error',
        requestId: 'test-request',
        error: {
          name: 'TypeError',
          message: 'cannot read "…"',
          stack: expect.stringMatching(/^TypeError: cannot read "…"\n +at /),
        },
      }),
      expect.objectContaining({ message: 'request', status: 500, code: 'internal_error' }),
    ]);
  });

  test('comes with one of who sent it, where the other node is refused', async () => {
    const lines = await linesOfRequest('replica', 'POST', '/replicate', badBatch);
    expect(lines).toEqual([
      expect.objectContaining({ level: 'WARN', message: 'refused', code: 'invalid_body', from: '127.0.0.1' }),
      expect.objectContaining({ message: 'request', status: 422 }),
    ]);
    expect(lines[0].field).toBe('epoch');
  });
});

describe('metrics', () => {
  const number = expect.any(Number) as unknown as number;
  const READ = { Reads: 1 };
  const WRITTEN = { 'tandem-primary': { Writes: 1, ReplicationLag: number }, 'tandem-replica': { Applied: 1 } };
  const NOT_COPIED = { 'tandem-primary': { Writes: 1, ReplicationFailures: 1 } };
  const call = (role: 'primary' | 'replica', method: string, path: string, options?: EventOptions) => () =>
    nodes[role].call(method, path, options);
  const tag = async () => (await nodes.primary.call('GET', `/key/${KEY}`)).headers.etag as string;

  test.each<[string, () => Promise<unknown>, Record<string, Record<string, number>>]>([
    ['a write', () => put(`${SECRET}/new`), WRITTEN],
    ['a deletion', () => nodes.primary.call('DELETE', `/key/${SECRET}/new`), WRITTEN],
    ['a deletion of nothing', () => nodes.primary.call('DELETE', `/key/${SECRET}/new`), {}],
    ['a write that is refused', () => put(KEY, { body: VALUE, headers: { 'if-none-match': '*' } }), {}],
    ['a write that the replica refuses', () => put(`${SECRET}/bad`, FAIL), NOT_COPIED],
    [
      'a repair of what fails again',
      call('primary', 'POST', '/repair'),
      { 'tandem-primary': { ReplicationFailures: 1 } },
    ],
    ['another value under its key', () => put(`${SECRET}/bad`), WRITTEN],
    ['a repair of nothing', call('primary', 'POST', '/repair'), {}],
    ['a read', call('primary', 'GET', `/key/${KEY}`), { 'tandem-primary': READ }],
    ['a read of the copy', call('replica', 'GET', `/key/${KEY}`), { 'tandem-replica': READ }],
    ['a read of nothing', call('replica', 'GET', `/key/${SECRET}/none`), {}],
    ['a page', call('primary', 'GET', '/keys'), {}],
    ['the status of a key', call('primary', 'GET', `/status/${KEY}`), {}],
    ['the status of a node', call('replica', 'GET', '/status'), {}],
    ['health', call('primary', 'GET', '/healthz'), {}],
    ['the description', call('primary', 'GET', '/openapi.json'), {}],
    ['an empty batch', call('replica', 'POST', '/replicate', { body: {}, headers: AS_PEER }), {}],
  ])('of %s', async (_, action, expected) => {
    const lines = await linesOf(action);
    expect(metricsIn(lines)).toEqual(expected);
    expect(lines.filter(({ _aws }) => _aws !== undefined)).toHaveLength(Object.keys(expected).length);
  });

  test('of a read that is still fresh', async () => {
    let ifNoneMatch = '';
    await printedBy(async () => {
      ifNoneMatch = await tag();
    });
    const lines = await linesOfRequest('primary', 'GET', `/key/${KEY}`, { headers: { 'if-none-match': ifNoneMatch } });
    expect(requestsIn(lines)[0].status).toBe(304);
    expect(metricsIn(lines)).toEqual({ 'tandem-primary': READ });
  });
});

describe('a scheduled repair', () => {
  const repair = () => nodes.primary.repairAsScheduled();

  test('says what it did, and that the backlog is empty', async () => {
    const lines = await linesOf(repair);
    expect(lines.filter(({ message }) => message === 'scheduled repair')).toEqual([
      expect.objectContaining({
        level: 'INFO',
        service: 'tandem-primary',
        requestId: 'scheduled-request',
        shipped: 0,
        failed: 0,
        remaining: 0,
        durationMs: expect.any(Number),
      }),
    ]);
    expect(metricsIn(lines)).toEqual({ 'tandem-primary': { BacklogSize: 0, BacklogAge: 0, Divergent: 0 } });
  });

  test('measures the backlog that is left, and counts what failed', async () => {
    // Ahead of all that the node's clock has shown: it may be a fraction of a millisecond ahead of the machine's.
    let time = Date.now() + 1000;
    const elapsed = performance.now();
    const stopped = [
      jest.spyOn(Date, 'now').mockImplementation(() => time),
      jest.spyOn(performance, 'now').mockImplementation(() => elapsed),
    ];
    await linesOf(() => put(`${SECRET}/left`, FAIL));
    time += 30_000;
    const printed = await printedBy(repair).finally(() => {
      for (const clock of stopped) clock.mockRestore();
    });
    const metrics = metricsIn(printed.map((line) => JSON.parse(line)))['tandem-primary'];
    expect(metrics).toEqual({ BacklogSize: 1, BacklogAge: 30, Divergent: 0, ReplicationFailures: 1 });
    await linesOf(() => put(`${SECRET}/left`));
  });

  test('that fails says why in the log, and only that it failed to Lambda', async () => {
    const broken = jest.spyOn(performance, 'now').mockImplementation(() => {
      throw new Error(`no clock for "${SECRET}"`);
    });
    let thrown: unknown;
    const failing = async () => {
      thrown = await repair().catch((error) => error);
    };
    const lines = await linesOf(failing).finally(() => broken.mockRestore());
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'ERROR',
        message: 'the scheduled repair failed',
        requestId: 'scheduled-request',
        error: expect.objectContaining({ name: 'Error', message: 'no clock for "…"' }),
      }),
    ]);
    expect({ ...(thrown as Error) }).toEqual({});
    expect((thrown as Error).message).toBe('The scheduled repair failed; the log has why.');
  });

  test('of the replica tells the primary what it owes, and measures nothing', async () => {
    const lines = await linesOf(() => nodes.replica.repairAsScheduled());
    expect(lines).toEqual([expect.objectContaining({ role: 'primary', route: 'POST /handshake', status: 200 })]);
  });

  test('measures on whichever node leads, under the name of its stage', async () => {
    await linesOf(() => nodes.replica.call('POST', '/promote'));
    const lines = await linesOf(async () => {
      await nodes.replica.repairAsScheduled();
      await nodes.primary.repairAsScheduled();
      await nodes.replica.call('GET', '/keys');
    });
    expect(metricsIn(lines)).toEqual({ 'tandem-replica': { BacklogSize: 0, BacklogAge: 0, Divergent: 0 } });
    expect(requestsIn(lines).at(-1)).toMatchObject({ service: 'tandem-replica', role: 'primary', route: 'GET /keys' });
  });
});
