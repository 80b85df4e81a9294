// Requests and messages that are meant to take long: none keeps a node busy for long in one turn of its event loop.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { divergentKey } from '../../lib/divergent.ts';
import {
  MAX_BODY_BYTES,
  MAX_EVENT_WAITING,
  MAX_OPERATIONS_BYTES,
  MAX_PEER_BODY_BYTES,
  MAX_VALUE_BYTES,
} from '../../lib/limits.ts';
import { type ArtifactPair, artifactPair, PEER_TOKEN, type Reply } from '../support/artifact.ts';
import type { EventOptions } from '../support/events.ts';
import { MAX_RATIO, namesOf, stallOf, WORST_VALUE } from '../support/stall.ts';

let nodes: ArtifactPair;
beforeAll(async () => {
  jest.spyOn(console, 'warn').mockImplementation(() => {});
  nodes = await artifactPair({ MEMORY_LIMIT_MB: '1000' });
});
afterAll(() => nodes.close());

async function isQuick(method: string, path: string, options: EventOptions, node = nodes.primary): Promise<Reply> {
  let reply: Reply | undefined;
  const stall = await stallOf(async () => {
    reply = await node.call(method, path, options);
  });
  expect(stall).toBeLessThan(MAX_RATIO);
  return reply as Reply;
}

/** A text of about so many bytes, less a little. */
const fill = (unit: string, bytes: number) => unit.repeat(Math.floor((bytes - 200) / unit.length));
const list = (unit: string, bytes: number) => `[${fill(`${unit},`, bytes)}${unit}]`;
const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

/** As long as the body of a client may be. */
const BODY = MAX_BODY_BYTES;
const BRACKETS: [string, string] = ['2 MiB of brackets', fill('[', BODY)];
const DEEP: [string, string] = ['5,000 levels', nested(5000)];
const LONG: [string, string] = ['a long string', `"${fill('x', BODY)}"`];
const NAMES: [string, string] = ['distinct names', namesOf(BODY - 200)];
const VALUES: Array<[what: string, text: string]> = [
  BRACKETS,
  DEEP,
  LONG,
  NAMES,
  ['a million levels', nested(BODY / 2 - 100)],
  ['a string of backslashes', `"${fill('\\\\', BODY)}"`],
  ['a string of quotes', `"${fill('\\"', BODY)}"`],
  ['a string of escapes', `"${fill('\\ud83d\\ude00', BODY)}"`],
  ['empty objects', list('{}', BODY)],
  ['empty arrays', list('[]', BODY)],
  ['short strings', list('"\\n"', BODY)],
  ['long numbers', list('123456789.123456789e300', BODY)],
  ['one name many times', `{${fill('"a":1,', BODY)}"a":1}`],
  ['spaces', `${fill(' ', BODY)}1`],
  ['numbers, at its limit', list('1', MAX_VALUE_BYTES)],
  ['empty objects, at its limit', list('{}', MAX_VALUE_BYTES)],
  ['objects of one name, at its limit', list('{"":1}', MAX_VALUE_BYTES)],
  ['distinct names, at its limit', WORST_VALUE],
];

describe('P8 no write stalls the primary', () => {
  test.each(VALUES)('with a value that is %s', async (_, text) => {
    const { status } = await isQuick('PUT', '/key/k', { body: `{"value":${text}}` });
    expect([200, 201, 202, 400, 413, 422]).toContain(status);
  });

  test.each([BRACKETS, DEEP, LONG, NAMES])('with a ttl that is %s', async (_, text) => {
    const { status, body } = await isQuick('PUT', '/key/k', { body: `{"value":1,"ttl":${text}}` });
    expect([413, 422]).toContain(status);
    expect(body.detail.length).toBeLessThan(300);
  });

  test.each<[string, unknown]>([
    ['names that nobody knows', NAMES[1]],
    ['10 MB', fill('x', 10_000_000)],
    ['6 MB in base64', Buffer.alloc(6_000_000, 'é')],
  ])('with a body of %s', async (_, body) => {
    expect((await isQuick('PUT', '/key/k', { body })).status).toBe(413);
  });
});

/** As long as the body of a batch may be. */
const BATCH = MAX_OPERATIONS_BYTES;
const manyOf = (operation: string) => `{"operations":[${Array(100).fill(operation).join()}]}`;

describe('P8 no change of a value, and no batch, stalls the primary', () => {
  test.each(VALUES)('with a merge that is %s', async (_, text) => {
    const { status } = await isQuick('PATCH', '/key/k', { body: `{"merge":${text}}` });
    expect([200, 201, 202, 400, 413, 422]).toContain(status);
  });

  test('that merges into a value at its limit', async () => {
    await nodes.primary.call('PUT', '/key/k', { body: `{"value":${WORST_VALUE}}` });
    expect([200, 202]).toContain((await isQuick('PATCH', '/key/k', { body: { merge: { x: 1 } } })).status);
    await nodes.primary.call('DELETE', '/key/k');
  });

  test('that merges into a hundred values of 20 KB', async () => {
    for (let i = 0; i < 100; i++)
      await nodes.primary.call('PUT', `/key/merged/${i}`, { body: `{"value":${namesOf(20_000)}}` });
    const operations = Array.from({ length: 100 }, (_, i) => ({ op: 'patch', key: `merged/${i}`, merge: { x: 1 } }));
    const { body } = await isQuick('POST', '/batch', { body: { operations } });
    for (const { status } of body.results) expect([200, 202]).toContain(status);
    // The answers have room for a mebibyte of values.
    expect(body.results.filter((result: object) => 'value' in result).length).toBeLessThan(60);
    const gone = operations.map(({ key }) => ({ op: 'delete', key }));
    await nodes.primary.call('POST', '/batch', { body: { operations: gone } });
  });

  test.each<[string, string]>([
    ['brackets', fill('[', BATCH)],
    ['operations that are none', `{"operations":${list('1', BATCH)}}`],
    ['a hundred long values', manyOf(`{"op":"put","key":"a","value":${list('1', BATCH / 100)}}`)],
    [
      'four values at their limit',
      `{"operations":[${Array(3).fill(`{"op":"put","key":"b","value":${WORST_VALUE}}`).join()}]}`,
    ],
    ['names that nobody knows', `{"operations":[${namesOf(BATCH - 300)}]}`],
  ])('with %s', async (_, body) => {
    expect([200, 400, 413, 422]).toContain((await isQuick('POST', '/batch', { body })).status);
  });
});

const HEADER = 16_000;

describe('P8 no header and no parameter stalls a node', () => {
  test.each<[string, string, string]>([
    ['GET', 'if-none-match', fill('"1-1",', HEADER)],
    ['GET', 'if-none-match', `"${fill('a', HEADER / 2)}"${fill(' ', HEADER / 2)}x`],
    ['PUT', 'if-match', fill('W/', HEADER)],
    ['PUT', 'prefer', fill('respond-async;,', HEADER)],
    ['PUT', 'idempotency-key', fill('x', HEADER)],
    ['PUT', 'content-type', `application/${fill('+json ', HEADER)}`],
    ['PUT', 'content-type', `application/json${fill(' ', HEADER)}x`],
    ['PUT', 'authorization', `Bearer ${fill(' ', HEADER)}`],
  ])('%s with %s', async (method, name, text) => {
    await isQuick(method, '/key/k', { headers: { [name]: text }, ...(method === 'PUT' && { body: '{"value":1}' }) });
  });

  test.each([
    ['/key/k', 'at_least'],
    ['/keys', 'prefix'],
    ['/keys', 'cursor'],
    ['/backlog', 'cursor'],
    ['/divergent', 'cursor'],
    ['/keys', 'limit'],
    ['/events', 'since'],
    ['/changes', 'since'],
    ['/changes', 'prefix'],
    ['/keys', 'delimiter'],
    ['/key/k', 'max_stale'],
  ])('%s with %s', async (path, name) => {
    for (const text of [fill('9', HEADER), fill('1 ', HEADER), fill('\\\\', HEADER)])
      await isQuick('GET', path, { query: { [name]: text } });
  });
});

test.each([BRACKETS, NAMES, ...['1', '{}', '{"kind":"delay"}'].map((fault) => [fault, list(fault, BODY)] as const)])(
  'P8 no list of faults stalls a node: %s',
  async (_, text) => {
    for (const [method, body] of [
      ['PUT', `{"faults":${text}}`],
      ['POST', `{"kind":${text}}`],
    ] as const) {
      expect([413, 422]).toContain((await isQuick(method, '/faults', { body }, nodes.replica)).status);
    }
  },
);

test('P8 no page of keys with values stalls a node', async () => {
  for (let i = 0; i < 5; i++)
    await nodes.primary.call('PUT', `/key/worst/${i}`, { body: `{"value":${WORST_VALUE},"ttl":60}` });
  for (let i = 0; i < 200; i++)
    await nodes.primary.call('PUT', `/key/long/${i}`, { body: { value: 'x'.repeat(5000), ttl: 60 } });
  for (const prefix of ['worst/', 'long/']) {
    for (const path of ['/keys', '/changes']) {
      const { text } = await isQuick('GET', path, { query: { prefix, values: 'true', limit: '1000' } });
      expect(text.length).toBeGreaterThan(750_000);
    }
  }
});

test('P8 requests that wait for events do not stall a node when all of them wake at once', async () => {
  const put = (i: number) =>
    nodes.primary.call('PUT', `/key/${i}${'\u0001'.repeat(1000)}`, { body: { value: 1, ttl: 60 } });
  const ask = (query: Record<string, string>) => nodes.primary.call('GET', '/events', { query });
  const stall = await stallOf(async () => {
    const { next } = (await ask({ since: 'now' })).body;
    const waiting = Array.from({ length: 2 * MAX_EVENT_WAITING }, () => ask({ since: next, wait: '20' }));
    for (let i = 0; i < 50; i++) await put(i);
    await Promise.all(waiting);
  });
  expect(stall).toBeLessThan(MAX_RATIO);
  const { next } = (await ask({ since: 'now' })).body;
  for (let i = 0; i < 500; i++) await put(i % 50);
  expect((await isQuick('GET', '/events', { query: { since: next } })).text.length).toBeGreaterThan(1_000_000);
});

/** As long as a message of the other node may be; and as many items as it may have. */
const MESSAGE = MAX_PEER_BODY_BYTES;
const ITEMS = 49_000;

const headers = { authorization: `Bearer ${PEER_TOKEN}` };

describe('P8 no message of a peer stalls a node', () => {
  const send = async (path: string, name: string, text: string) => {
    const { id } = (await nodes.replica.call('GET', '/status')).body;
    const body = `{"protocol":2,"from":"p","to":"${id}","epoch":1,"${name}":${text}}`;
    return isQuick('POST', path, { headers, body }, nodes.replica);
  };

  test.each(['/replicate', '/digest', '/handshake', '/switchover'])('%s with anything in it', async (path) => {
    for (const [, text] of [BRACKETS, DEEP, LONG, NAMES])
      expect([413, 422]).toContain((await send(path, 'from', text)).status);
  });

  test.each([
    ['/replicate', 'records', '{}'],
    ['/digest', 'groups', '0'],
    ['/digest', 'buckets', '[]'],
    ['/digest', 'keys', '"k"'],
  ])('%s with too many %s', async (path, name, item) => {
    expect((await send(path, name, list(item, MESSAGE))).status).toBe(413);
    expect((await send(path, name, list(item, item.length * ITEMS))).status).toBeGreaterThanOrEqual(413);
  });
});

describe('P8 no batch of a primary that lies stalls its replica', () => {
  let id: string;
  let epoch: number;
  const batchOf = (more: object) => ({
    headers,
    body: JSON.stringify({ protocol: 2, from: 'p', to: id, epoch, records: [], ...more }),
  });
  const replicate = (more: object) => isQuick('POST', '/replicate', batchOf(more), nodes.replica);
  const record = (key: string, more = {}) => ({ key, epoch, version: 1, updatedAt: 1, ...more });
  const taken = ['applied', 'same'];

  beforeAll(async () => {
    const { body } = await nodes.replica.call('GET', '/status');
    // It is the primary of a later epoch: the other one becomes a replica.
    epoch = body.highestEpoch + 2;
    id = body.id;
  });

  test('with as many of the worst values as fit in', async () => {
    const count = Math.floor(MESSAGE / (JSON.stringify(WORST_VALUE).length + 200));
    const records = Array.from({ length: count }, (_, i) => record(`w${i}`, { value: WORST_VALUE }));
    const { body } = await replicate({ records });
    expect(body.answers.length).toBeGreaterThan(10);
    expect(taken).toContain(body.answers.at(-1).outcome);
  });

  test('with 500 records, each of which has a reason to be refused that is as long as a record', async () => {
    const records = Array.from({ length: 500 }, (_, i) => record(`r${i}`, { version: fill('v', 10_000) }));
    const { body, text } = await replicate({ records });
    expect(body.answers).toHaveLength(500);
    expect(text.length).toBeLessThan(500 * 200);
  });

  test('with 500 divergent writes of one key, each of which is held against all others', async () => {
    // Others in each try: those that are there already take no time.
    let written = 0;
    const stall = await stallOf(async () => {
      const records = Array.from({ length: 500 }, (_, i) => {
        const write = { key: 'many', epoch: 1000 + written + i, version: 1 };
        const writer = `${write.epoch}`.padStart(16, '0');
        return { ...write, key: divergentKey(write), updatedAt: 1, value: '{"value":1}', writer };
      });
      written += 500;
      await nodes.replica.call('POST', '/replicate', batchOf({ records }));
    });
    expect(stall).toBeLessThan(MAX_RATIO);
    const { body } = await nodes.replica.call('GET', '/divergent', { query: { limit: '1000' } });
    expect(body.writes).toHaveLength(Math.min(written, 1000));
  });

  test('with 30,000 keys that expire at once, and are forgotten at once', async () => {
    const expiresAt = Date.now() + 3_600_000;
    for (let i = 0; i < 60; i++) {
      const records = Array.from({ length: 500 }, (_, j) => record(`e${i}-${j}`, { value: '1', expiresAt }));
      await nodes.replica.call('POST', '/replicate', batchOf({ records }));
    }
    const now = jest.spyOn(Date, 'now').mockReturnValue(expiresAt + 1);
    try {
      const { body } = await isQuick('GET', '/keys', { query: { prefix: 'e', limit: '1000' } }, nodes.replica);
      expect(body).toMatchObject({ keys: [], complete: true });
      expect((await isQuick('GET', '/status', {}, nodes.replica)).body.keys).toBeLessThan(100);
      const { status } = await replicate({ epoch: epoch + 4, compared: { forgetBefore: expiresAt + 1 } });
      expect(status).toBe(200);
    } finally {
      now.mockRestore();
    }
  });
});
