// Tokens or URLs that cannot be read from Parameter Store: the process lives on, the log says why in one sentence, no
// request is let through without a token, and it heals by itself.
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type ArtifactPair, artifactPair } from '../support/artifact.ts';
import { type FunctionProcess, startFunction } from '../support/function-process.ts';
import { startParameterStore, type TestParameterStore } from '../support/parameter-store.ts';
import { schemaErrors } from '../support/schema.ts';
import { until } from '../support/until.ts';

let store: TestParameterStore;
let stop: Array<() => Promise<void>>;
beforeEach(async () => {
  store = await startParameterStore({ '/write': 'write-token', '/read': 'read-token' });
  stop = [store.stop];
});
afterEach(async () => {
  jest.restoreAllMocks();
  for (const each of stop.reverse()) await each();
});

/** What the list of a lone replica answers to whoever is let in: its primary has not filled it. */
const LET_IN = { status: 503, body: { code: 'refilling' } };
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

describe('a function whose tokens cannot be read', () => {
  async function load(): Promise<FunctionProcess> {
    const loaded = await startFunction('list', {
      ROLE: 'replica',
      IS_OFFLINE: 'true',
      PEER_URL: 'http://127.0.0.1:1',
      PEER_TOKEN: 'peer-token',
      READ_TOKEN_PARAMETER: '/read',
      WRITE_TOKEN_PARAMETER: '/write',
      AWS_REGION: 'eu-central-1',
      AWS_ENDPOINT_URL_SSM: store.url,
    });
    stop.push(loaded.stop);
    return loaded;
  }

  test('starts to read them when it is loaded, both at once', async () => {
    const { call } = await load();
    await until(() => store.requests.length > 0);
    expect(await call('GET', '/keys', bearer('read-token'))).toMatchObject(LET_IN);
    expect(store.requests).toEqual([{ region: 'eu-central-1', names: ['/read', '/write'] }]);
  });

  test.each<[string, () => void, () => void, number, string, RegExp]>([
    [
      'because there is no such parameter',
      () => store.parameters.delete('/read'),
      () => store.parameters.set('/read', 'read-token'),
      500,
      'internal_error',
      /^READ_TOKEN_PARAMETER names '\/read', which could not be read: there is no such parameter in eu-central-1$/,
    ],
    [
      'because it holds no token',
      () => store.parameters.set('/read', 'hush hush'),
      () => store.parameters.set('/read', 'read-token'),
      500,
      'internal_error',
      /^The parameter '\/read' \(READ_TOKEN_PARAMETER\) must be one token/,
    ],
  ])(
    '%s says so once when it is loaded, answers, and tries again',
    async (_, spoil, repair, status, code, sentence) => {
      spoil();
      const { call, lines, isAlive } = await load();
      await until(() => lines().length > 0);
      expect(lines().map((line) => JSON.parse(line))).toEqual([
        { level: 'error', message: 'a setting could not be read', reason: expect.stringMatching(sentence) },
      ]);

      expect(await call('GET', '/keys')).toMatchObject({ status: 401 });
      for (const token of ['read-token', 'write-token', 'hush', 'guess'])
        expect(await call('GET', '/keys', bearer(token))).toMatchObject({ status, body: { code } });
      repair();
      await until(async () => (await call('GET', '/keys', bearer('read-token'))).body.code === LET_IN.body.code);
      expect(isAlive()).toBe(true);
      expect(lines().join()).not.toMatch(/hush|read-token|write-token/);
    },
  );

  test('because Parameter Store fails says so, answers 503, and tries again', async () => {
    store.failure = { status: 500, type: 'InternalServerError', message: 'try later' };
    const { call, lines, isAlive } = await load();
    await until(() => lines().length > 0);
    expect(await call('GET', '/keys')).toMatchObject({ status: 401 });
    const refused = await call('GET', '/keys', bearer('read-token'));
    expect(refused).toMatchObject({ status: 503, body: { code: 'store_unavailable' } });
    expect(JSON.stringify(refused)).not.toMatch(/\/read|PARAMETER|InternalServerError/);
    store.failure = undefined;
    await until(async () => (await call('GET', '/keys', bearer('read-token'))).body.code === LET_IN.body.code);
    expect(isAlive()).toBe(true);
    for (const line of lines())
      expect(JSON.parse(line).reason).toMatch(/(READ|WRITE)_TOKEN_PARAMETER names .* try later$/);
  });
});

describe('nodes that do not know where the other one is', () => {
  const at = (parameter: string) => ({ PEER_URL: '', PEER_URL_PARAMETER: parameter });
  async function start(own: Parameters<typeof artifactPair>[1]): Promise<ArtifactPair> {
    const nodes = await artifactPair({ AWS_REGION: 'eu-central-1', AWS_ENDPOINT_URL_SSM: store.url }, own, false);
    stop.push(nodes.close);
    return nodes;
  }

  test('the replica refuses a write without saying where to send it, until it can be read', async () => {
    const logged = jest.spyOn(console, 'error').mockImplementation(() => {});
    const { replica } = await start({ replica: at('/primary/url') });
    const write = () => replica.call('PUT', '/key/k', { body: { value: 1 } });
    const { status, body } = await write();
    expect([status, body.code]).toEqual([421, 'not_primary']);
    expect(body).not.toHaveProperty('primary');
    expect(body.detail).toBe('This node is the replica and takes no writes. Send it to the primary.');
    expect(logged.mock.calls.join()).toMatch(/PEER_URL_PARAMETER names '\/primary\/url'/);

    store.parameters.set('/primary/url', 'https://primary.example');
    await until(async () => (await write()).body.primary === 'https://primary.example');
  });

  test('P5 a primary in memory recovers until it knows: the replica may hold everything', async () => {
    const logged = jest.spyOn(console, 'error').mockImplementation(() => {});
    jest.spyOn(console, 'warn').mockImplementation(() => {});
    const { primary, replica } = await start({ primary: at('/replica/url') });
    const put = () => primary.call('PUT', '/key/k', { body: { value: 1 } });
    await until(() => logged.mock.calls.length > 0);
    expect(logged.mock.calls.join()).toMatch(/PEER_URL_PARAMETER names '\/replica\/url'/);
    expect(await put()).toMatchObject({ status: 503, body: { code: 'recovering' } });
    const { body } = await primary.call('GET', '/status');
    expect(body).toMatchObject({ state: 'recovering', inSync: false, replica: { url: null, reachable: false } });
    expect(body.replica.error).toMatch(/^replica unreachable: its URL or its token could not be read/);

    store.parameters.set('/replica/url', replica.url);
    await until(async () => (await put()).body.status === 'replicated');
    expect((await replica.call('GET', '/key/k')).status).toBe(200);
  });

  test('a primary starts without its replica when it is told to', async () => {
    jest.spyOn(console, 'error').mockImplementation(() => {});
    jest.spyOn(console, 'warn').mockImplementation(() => {});
    const { primary } = await start({ primary: at('/replica/url') });
    const promote = (body?: object) => primary.call('POST', '/promote', body && { body });
    for (const body of [undefined, {}, { force: false }])
      expect(await promote(body)).toMatchObject({ status: 503, body: { code: 'recovering' } });
    for (const body of [{ force: 'yes' }, { now: true }])
      expect(await promote(body)).toMatchObject({ status: 422, body: { code: 'invalid_body' } });
    const { status, body } = await promote({ force: true });
    expect([status, body]).toEqual([
      200,
      { role: 'primary', mode: 'failover', epoch: expect.any(Number), durationMs: expect.any(Number), atRisk: null },
    ]);
    expect(schemaErrors('Promoted', body)).toEqual([]);
    const written = await primary.call('PUT', '/key/k', { body: { value: 1 } });
    expect(written).toMatchObject({ status: 202, body: { status: 'replication_failed', epoch: body.epoch } });
    expect(written.body.error).toMatch(/^replica unreachable: its URL or its token could not be read/);
    expect((await promote({ force: true })).body).toMatchObject({ mode: 'none', epoch: body.epoch, atRisk: 0 });
  });
});
