// Which token opens what: every route on both nodes with every kind of token; whatever else comes as a token; and that
// none of them is ever printed.
import type { RequestListener } from 'node:http';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { openApiDocument } from '../../lib/http/openapi/document.ts';
import { ROUTES } from '../../lib/http/routes.ts';
import { type ArtifactPair, artifactPair, PEER_TOKEN } from '../support/artifact.ts';
import { eventOf } from '../support/events.ts';
import { schemaErrors } from '../support/schema.ts';
import { until } from '../support/until.ts';

const TOKENS = {
  write: 'first-write-token',
  'other write': 'second-write-token',
  read: 'first-read-token',
  'other read': 'second-read-token',
  peer: PEER_TOKEN,
  wrong: 'guessed-token',
  'almost right': 'first-write-toke',
};
type Holder = keyof typeof TOKENS;
const CLIENT_TOKENS = {
  WRITE_TOKEN: 'first-write-token,second-write-token',
  READ_TOKEN: 'first-read-token, second-read-token',
};
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

let nodes: ArtifactPair;
let printed: string[];
const print = (...args: unknown[]) => void printed.push(args.join(' '));
beforeAll(async () => {
  printed = [];
  for (const name of ['log', 'warn', 'error'] as const) jest.spyOn(console, name).mockImplementation(print);
  nodes = await artifactPair({ ...CLIENT_TOKENS, LOG: 'requests' });
});
afterAll(async () => {
  await nodes.close();
  jest.restoreAllMocks();
});

type Level = 'read' | 'write' | 'peer' | 'public';
const OPENED_BY: Readonly<Record<Level, readonly Holder[]>> = {
  read: ['write', 'other write', 'read', 'other read'],
  write: ['write', 'other write'],
  peer: ['peer'],
  public: Object.keys(TOKENS) as Holder[],
};
/** The scheme that a token of the environment has in the OpenAPI document. */
const SCHEMES: Readonly<Record<Level, readonly string[]>> = {
  read: ['read', 'write'],
  write: ['write'],
  peer: ['peer'],
  public: [],
};
const LEVELS: Readonly<Record<(typeof ROUTES)[number] | 'GET /nothing' | 'POST /key/{key+}', Level>> = {
  'GET /key/{key+}': 'read',
  'HEAD /key/{key+}': 'read',
  'PUT /key/{key+}': 'write',
  'PATCH /key/{key+}': 'write',
  'DELETE /key/{key+}': 'write',
  'POST /batch': 'read',
  'GET /keys': 'read',
  'HEAD /keys': 'read',
  'GET /changes': 'read',
  'HEAD /changes': 'read',
  'GET /status/{key+}': 'read',
  'HEAD /status/{key+}': 'read',
  'GET /status': 'read',
  'HEAD /status': 'read',
  'GET /backlog': 'read',
  'HEAD /backlog': 'read',
  'GET /divergent': 'read',
  'HEAD /divergent': 'read',
  'DELETE /divergent': 'write',
  'DELETE /divergent/{key+}': 'write',
  'POST /handshake': 'peer',
  'POST /replicate': 'peer',
  'GET /digest': 'peer',
  'POST /digest': 'peer',
  'POST /repair': 'write',
  'POST /promote': 'write',
  'POST /switchover': 'peer',
  'GET /faults': 'read',
  'HEAD /faults': 'read',
  'PUT /faults': 'write',
  'POST /faults': 'write',
  'DELETE /faults': 'write',
  'DELETE /faults/{id}': 'write',
  'GET /events': 'read',
  'HEAD /events': 'read',
  'GET /healthz': 'public',
  'HEAD /healthz': 'public',
  'GET /openapi.json': 'public',
  'HEAD /openapi.json': 'public',
  'GET /nothing': 'public',
  'POST /key/{key+}': 'public',
};
const requestOf = (route: string) => {
  const [method, path] = route.replace(/\{\w+\+?\}/, 'k').split(' ') as [string, string];
  return { method, path };
};
/** A promotion that is let in must not change who leads. */
const BODIES: Readonly<Record<string, object>> = { 'POST /promote': { body: { force: 'no' } } };
const TOKEN_PROBLEMS: Readonly<Record<number, string>> = { 401: 'unauthorized', 403: 'forbidden' };

describe.each(['primary', 'replica'] as const)('on the %s', (role) => {
  test.each(Object.entries(LEVELS))('%s is for: %s', async (route, level) => {
    const { method, path } = requestOf(route);
    const got: Record<string, unknown> = {};
    const expected: Record<string, unknown> = {};
    for (const holder of ['nobody', ...Object.keys(TOKENS)] as const) {
      const token = TOKENS[holder as Holder];
      const reply = await nodes[role].call(method, path, {
        ...BODIES[route],
        ...(token && { headers: bearer(token) }),
      });
      const isOpen = level === 'public' || OPENED_BY[level].includes(holder as Holder);
      expected[holder] = isOpen ? 'goes on' : token ? '403 forbidden' : '401 unauthorized';
      const problem = TOKEN_PROBLEMS[reply.status];
      got[holder] = problem ? `${reply.status} ${problem}` : 'goes on';
      expect(reply.headers['www-authenticate']).toBe(reply.status === 401 ? 'Bearer' : undefined);
      if (method === 'HEAD') expect(reply.text).toBe('');
      else if (problem) expect([reply.body.code, schemaErrors('Problem', reply.body)]).toEqual([problem, []]);
      expect(reply.status).not.toBe(500);
    }
    expect(got).toEqual(expected);
  });

  // A client that may not ask learns nothing: not whether there is a key, what is malformed, or which role this is.
  test.each<[string, string, string, unknown]>([
    ['a key too long', 'GET', `/key/${'k'.repeat(1025)}`, undefined],
    ['a key that is not there', 'GET', '/key/none', undefined],
    ['a bad parameter', 'GET', '/keys', undefined],
    ['broken JSON', 'PUT', '/key/k', '{'],
    ['a body that is not for this route', 'PUT', '/faults', { faults: ['all'] }],
    ['a batch of nothing', 'POST', '/replicate', undefined],
  ])('the token is looked at before %s', async (_, method, path, body) => {
    const options = { query: { limit: 'x' }, ...(body !== undefined && { body }) };
    expect((await nodes[role].call(method, path, options)).body.code).toBe('unauthorized');
    const headers = bearer(TOKENS.wrong);
    expect((await nodes[role].call(method, path, { ...options, headers })).body.code).toBe('forbidden');
  });

  test.each<[string, string]>([
    ['nothing', ''],
    ['only the scheme', 'Bearer'],
    ['the scheme and a space', 'Bearer '],
    ['a token without a scheme', TOKENS.write],
    ['another scheme', `Basic ${TOKENS.write}`],
    ['a scheme that only begins alike', `Bearerx ${TOKENS.write}`],
    ['two tokens', `Bearer ${TOKENS.write} ${TOKENS.read}`],
    ['two headers, as a gateway joins them', `Bearer ${TOKENS.write},Bearer ${TOKENS.write}`],
    ['two tokens, as the environment has them', `Bearer ${CLIENT_TOKENS.WRITE_TOKEN}`],
    ['a token in quotes', `Bearer "${TOKENS.write}"`],
    ['a line break', `Bearer ${TOKENS.write}\n`],
    ['a NUL', `Bearer ${TOKENS.write}\0`],
    ['letters of other scripts', 'Bearer tökén-😀'],
    ['half a surrogate pair', `Bearer ${String.fromCharCode(0xd800)}`],
    ['a very long token', `Bearer ${'x'.repeat(100_000)}`],
    ['a token one character too long', `Bearer ${'x'.repeat(1025)}`],
    ['very much space', `Bearer${' '.repeat(100_000)}`],
    ['= at the wrong place', 'Bearer a=b'],
    ['__proto__ in quotes', 'Bearer "__proto__"'],
  ])('%s is no token', async (_, authorization) => {
    for (const [method, path] of [
      ['GET', '/key/k'],
      ['PUT', '/key/k'],
      ['GET', '/digest'],
    ] as const) {
      const { status, body } = await nodes[role].call(method, path, { headers: { authorization } });
      expect([status, body.code]).toEqual([401, 'unauthorized']);
    }
  });

  test.each(['bearer', 'BEARER', 'Bearer  '])('the scheme may be written %j', async (scheme) => {
    const { status } = await nodes[role].call('GET', '/keys', {
      headers: { authorization: `${scheme} ${TOKENS.read}` },
    });
    expect(status).toBe(200);
  });

  test('a longest token is a token', async () => {
    expect((await nodes[role].call('GET', '/keys', { headers: bearer('x'.repeat(1024)) })).status).toBe(403);
  });
});

test('what is refused does nothing', async () => {
  const keys = async () => (await nodes.primary.call('GET', '/keys', { headers: bearer(TOKENS.read) })).body.keys;
  const before = await keys();
  for (const headers of [{}, bearer(TOKENS.read), bearer(TOKENS.peer)]) {
    await nodes.primary.call('PUT', '/key/refused', { body: { value: 1 }, headers });
    await nodes.primary.call('PUT', '/faults', { body: { faults: [{ kind: 'error' }] }, headers });
  }
  expect(await keys()).toEqual(before);
  const write = { body: { value: 1 }, headers: bearer(TOKENS['other write']) };
  expect((await nodes.primary.call('PUT', '/key/taken', write)).body.status).toBe('replicated');
});

test('the OpenAPI document says of every route which token it needs, and what comes without', () => {
  const paths = openApiDocument().paths as Record<string, Record<string, { security?: object[]; responses: object }>>;
  for (const route of ROUTES) {
    const [method, path] = route.replace('{key+}', '{key}').split(' ') as [string, string];
    const { security = [], responses } = paths[path]?.[method.toLowerCase()] ?? { responses: {} };
    const schemes = security.map((scheme) => Object.keys(scheme).join());
    expect({ route, schemes }).toEqual({ route, schemes: SCHEMES[LEVELS[route]] });
    const statuses = Object.keys(responses).filter((status) => ['401', '403'].includes(status));
    expect({ route, statuses }).toEqual({ route, statuses: LEVELS[route] === 'public' ? [] : ['401', '403'] });
  }
});

test('no token is ever printed, right or wrong, nor what came in place of one', async () => {
  printed = [];
  const odd = ['Basic c2VjcmV0OnNlY3JldA==', 'Bearer odd"secret"', 'Bearer secret-1,Bearer secret-2', 'naked-secret'];
  for (const role of ['primary', 'replica'] as const) {
    for (const route of Object.keys(LEVELS)) {
      const { method, path } = requestOf(route);
      for (const authorization of [...Object.values(TOKENS).map((token) => `Bearer ${token}`), ...odd])
        await nodes[role].call(method, path, { headers: { authorization }, body: { value: '__fail__' } });
    }
  }
  const printedWith = (text: string) => printed.filter((line) => line.includes(text));
  for (const expected of ['PUT /key/k 403', 'PUT /key/k 401', '"code":"forbidden"', '"code":"unauthorized"'])
    expect(printedWith(expected)).not.toEqual([]);
  for (const token of [...Object.values(TOKENS), 'secret', 'c2VjcmV0']) expect(printedWith(token)).toEqual([]);
});

describe('with no READ_TOKEN', () => {
  let open: ArtifactPair;
  beforeAll(async () => {
    open = await artifactPair({ WRITE_TOKEN: TOKENS.write, READ_TOKEN: '', LOG: 'silent' });
  });
  afterAll(() => open.close());

  test.each(['primary', 'replica'] as const)('anybody reads, and writing needs the WRITE_TOKEN: %s', async (role) => {
    for (const headers of [{}, bearer(TOKENS.wrong), { authorization: 'Basic x' }])
      expect((await open[role].call('GET', '/keys', { headers })).status).toBe(200);
    expect((await open[role].call('GET', '/faults')).status).toBe(200);
    for (const [method, path] of [
      ['PUT', '/key/k'],
      ['DELETE', '/key/k'],
      ['POST', '/repair'],
      ['DELETE', '/faults'],
    ] as const) {
      expect((await open[role].call(method, path)).body.code).toBe('unauthorized');
      const { status } = await open[role].call(method, path, { headers: bearer(TOKENS.write) });
      expect(TOKEN_PROBLEMS[status]).toBeUndefined();
    }
  });
});

test('a primary that is recovering tells so only to whoever may ask', async () => {
  Object.assign(process.env, CLIENT_TOKENS, {
    PEER_TOKEN,
    IS_OFFLINE: 'true',
    ROLE: 'primary',
    PEER_URL: nodes.replica.url,
    LOG: 'silent',
  });
  // It recovers until the replica may answer.
  const { server } = nodes.replica;
  const answers = server.listeners('request') as RequestListener[];
  const mayAnswer = Promise.withResolvers<void>();
  server.removeAllListeners('request');
  for (const answer of answers)
    server.on('request', (request, response) => mayAnswer.promise.then(() => answer(request, response)));
  const { handler } = await import('../../handlers/list.ts');
  const call = async (headers: Record<string, string>) => {
    const answer = await handler(eventOf('GET', '/keys', { headers }), { awsRequestId: 'test-request' } as never);
    return JSON.parse(answer.body ?? '{}').code;
  };
  expect(await call({})).toBe('unauthorized');
  expect(await call(bearer(TOKENS.wrong))).toBe('forbidden');
  expect(await call(bearer(TOKENS.read))).toBe('recovering');
  mayAnswer.resolve();
  await until(async () => (await call(bearer(TOKENS.read))) === undefined);
});
