// Settings that are kept in Parameter Store: how often they are read, and what happens when they cannot be.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { loadConfig } from '../../../lib/config/config.ts';
import { ConfigError } from '../../../lib/config/environment.ts';
import { createSettings, lookUpAhead, type Settings } from '../../../lib/config/settings.ts';
import { startParameterStore, type TestParameterStore } from '../../support/parameter-store.ts';
import { TestClock } from '../../support/replication.ts';
import { until } from '../../support/until.ts';

const MINUTE = 60_000;
const WRITE = '/tandem/write';
const env = {
  ROLE: 'primary',
  TABLE_NAME: 'tandem-primary',
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'id',
  AWS_SECRET_ACCESS_KEY: 'key',
  PEER_REGION: 'eu-west-1',
  PEER_URL_PARAMETER: '/tandem/replica/url',
  PEER_TOKEN_PARAMETER: '/tandem/peer',
  WRITE_TOKEN_PARAMETER: WRITE,
  READ_TOKEN_PARAMETER: '/tandem/read',
};

let store: TestParameterStore;
let clock: TestClock;
let logged: Array<{ level: string; reason: string }>;
beforeEach(async () => {
  store = await startParameterStore({
    '/tandem/replica/url': 'https://replica.example/\n',
    '/tandem/peer': 'new-peer, old-peer',
    '/tandem/write': 'write-1',
    '/tandem/read': 'read-1',
  });
  process.env.AWS_ENDPOINT_URL_SSM = store.url;
  clock = new TestClock();
  logged = [];
});
afterEach(() => store.stop());

function settingsOf(more: Record<string, string> = {}): Settings {
  const logs = (level: string) => (_: string, fields?: Record<string, unknown>) =>
    void logged.push({ level, reason: `${fields?.reason}` });
  return createSettings(loadConfig({ ...env, ...more }), clock, { warn: logs('warn'), error: logs('error') });
}
const write = (settings: Settings) => (settings.writeTokens as NonNullable<Settings['writeTokens']>)();
const read = (settings: Settings) => (settings.readTokens as NonNullable<Settings['readTokens']>)();

test('a setting of the environment is known at once, and Parameter Store is not asked', () => {
  const settings = settingsOf({ WRITE_TOKEN: 'new, old', PEER_URL: 'http://127.0.0.1:5001/' });
  expect(write(settings)).toEqual(['new', 'old']);
  expect(settings.peerUrl()).toBe('http://127.0.0.1:5001');
  expect(store.requests).toEqual([]);
});

test('what is asked for at the same moment is one request, decrypted; another region is one of its own', async () => {
  const settings = settingsOf();
  const all = [settings.peerUrl(), settings.peerTokens(), write(settings), read(settings), write(settings)];
  expect(await Promise.all(all)).toEqual([
    'https://replica.example',
    ['new-peer', 'old-peer'],
    ['write-1'],
    ['read-1'],
    ['write-1'],
  ]);
  expect(store.requests).toHaveLength(2);
  expect(store.requests).toContainEqual({ region: 'eu-central-1', names: ['/tandem/peer', WRITE, '/tandem/read'] });
  expect(store.requests).toContainEqual({ region: 'eu-west-1', names: ['/tandem/replica/url'] });
});

test('a value counts for five minutes and is then read again, once for all who ask', async () => {
  const settings = settingsOf();
  await write(settings);
  store.parameters.set(WRITE, 'write-2');
  clock.time += 5 * MINUTE - 1;
  expect(await write(settings)).toEqual(['write-1']);
  expect(store.requests).toHaveLength(1);

  clock.time += 1;
  expect(await Promise.all([write(settings), write(settings)])).toEqual([['write-2'], ['write-2']]);
  expect(store.requests).toHaveLength(2);
  expect(write(settings)).toEqual(['write-2']);
  expect(logged).toEqual([]);
});

test('a value is as old as its question: what was asked for before five minutes passed is read again', async () => {
  const settings = settingsOf();
  await write(settings);
  clock.time += 5 * MINUTE;
  const held = Promise.withResolvers<void>();
  store.held = held.promise;
  const asked = write(settings);
  await until(() => store.requests.length === 2);
  // The process sleeps while the answer is on its way, and the parameter changes.
  store.parameters.set(WRITE, 'write-2');
  clock.time += 5 * MINUTE;
  const askedLater = write(settings);
  held.resolve();
  expect(await Promise.all([asked, askedLater])).toEqual([['write-1'], ['write-2']]);
});

test('who asks while it is being read waits for the same answer', async () => {
  store.failure = 'silence';
  const settings = settingsOf();
  const first = write(settings);
  await until(() => store.requests.length > 0);
  store.failure = undefined;
  expect(await Promise.all([first, write(settings)])).toEqual([['write-1'], ['write-1']]);
  expect(store.requests.map(({ names }) => names)).toEqual([[WRITE], [WRITE]]);
});

test.each<[string, () => unknown, RegExp]>([
  ['is gone', () => store.parameters.delete(WRITE), /there is no such parameter/],
  ['is wrong', () => store.parameters.set(WRITE, 'no token'), /must be one token/],
  [
    'cannot be read',
    () => {
      store.failure = { status: 500, type: 'InternalServerError', message: 'try later' };
    },
    /InternalServerError: try later/,
  ],
])(
  'when a parameter %s, its last value goes on to count, and it is read again 30 s later',
  async (_, spoil, reason) => {
    const settings = settingsOf();
    await write(settings);
    spoil();
    clock.time += 5 * MINUTE;
    expect(await write(settings)).toEqual(['write-1']);
    expect(logged).toEqual([{ level: 'warn', reason: expect.stringMatching(reason) }]);
    expect(logged[0]?.reason).toContain(WRITE);

    const before = store.requests.length;
    store.failure = undefined;
    store.parameters.set(WRITE, 'write-2');
    clock.time += 30_000 - 1;
    expect(write(settings)).toEqual(['write-1']);
    expect(store.requests).toHaveLength(before);
    clock.time += 1;
    expect(await write(settings)).toEqual(['write-2']);
    expect(logged).toHaveLength(1);
  },
);

describe('one clear sentence', () => {
  const failureOf = async (reading: () => unknown): Promise<string> => {
    const error = (await Promise.resolve(reading()).catch((e) => e)) as Error;
    expect(error).toBeInstanceOf(ConfigError);
    expect(logged).toEqual([{ level: 'error', reason: error.message }]);
    return error.message;
  };

  test('names the variable, the parameter and the region when there is no such parameter; others are read', async () => {
    store.parameters.delete(WRITE);
    const settings = settingsOf();
    const [message, tokens] = await Promise.all([failureOf(() => write(settings)), read(settings)]);
    expect(message).toBe(
      "WRITE_TOKEN_PARAMETER names '/tandem/write', which could not be read: there is no such parameter in eu-central-1",
    );
    expect(tokens).toEqual(['read-1']);
    expect(store.requests).toHaveLength(1);
  });

  test('says what AWS says when it may not be read', async () => {
    store.failure = { status: 400, type: 'AccessDeniedException', message: 'User x is not authorized' };
    const settings = settingsOf();
    expect(await failureOf(() => write(settings))).toBe(
      "WRITE_TOKEN_PARAMETER names '/tandem/write', which could not be read: Parameter Store in eu-central-1 gives no value: AccessDeniedException: User x is not authorized",
    );
    expect(store.requests).toHaveLength(1);
  });

  test('names the parameter that holds no token, and does not show it', async () => {
    store.parameters.set(WRITE, 'pass phrase');
    const message = await failureOf(() => write(settingsOf()));
    expect(message).toMatch(/^The parameter '\/tandem\/write' \(WRITE_TOKEN_PARAMETER\) must be one token, or two/);
    expect(message).not.toContain('pass');
  });

  test('names the parameter that holds no URL, and does not show it', async () => {
    store.parameters.set('/tandem/replica/url', 'ftp://someone:pass@replica');
    const message = await failureOf(() => settingsOf().peerUrl());
    expect(message).toMatch(
      /^The parameter '\/tandem\/replica\/url' \(PEER_URL_PARAMETER\) must be an http or https URL/,
    );
    expect(message).not.toContain('pass');
  });
});

describe('Parameter Store', () => {
  const unavailable = expect.objectContaining({ code: 'store_unavailable' });

  test('that does not answer is given up after two attempts, and asked again later', async () => {
    store.failure = 'silence';
    const settings = settingsOf();
    await expect(write(settings)).rejects.toEqual(unavailable);
    expect(store.requests).toHaveLength(2);
    expect(logged).toEqual([{ level: 'error', reason: expect.stringMatching(/WRITE_TOKEN_PARAMETER.* in time$/) }]);

    store.failure = undefined;
    clock.time += 1000;
    expect(await write(settings)).toEqual(['write-1']);
  });

  test('that did not answer what was looked up ahead is asked anew by the first request: the process may have slept', async () => {
    store.failure = 'silence';
    const settings = settingsOf();
    lookUpAhead([settings.peerTokens]);
    // One request comes while it is under way, as when a process wakes up; one when it has failed.
    const early = settings.peerTokens();
    await until(() => logged.length > 0);
    store.failure = undefined;
    expect(await early).toEqual(['new-peer', 'old-peer']);
    const others = settingsOf();
    store.failure = 'silence';
    lookUpAhead([others.peerTokens]);
    await until(() => logged.length > 1);
    store.failure = undefined;
    expect(await others.peerTokens()).toEqual(['new-peer', 'old-peer']);
    // It is an error only where somebody is refused because of it.
    expect(logged.map(({ level }) => level)).toEqual(['warn', 'warn']);
  });

  test('that answers neither what was looked up ahead nor the request is given up', async () => {
    store.failure = 'silence';
    const settings = settingsOf();
    lookUpAhead([settings.peerTokens]);
    await expect(settings.peerTokens()).rejects.toEqual(unavailable);
    expect(store.requests).toHaveLength(4);
    expect(logged.map(({ level }) => level)).toEqual(['warn', 'error']);
  });

  test.each([
    ['is overloaded', { status: 400, type: 'ThrottlingException', message: 'Rate exceeded' }],
    ['is broken', { status: 500, type: 'InternalServerError', message: 'oh' }],
    ['is behind something else', { status: 502, type: '', message: '' }],
  ])('that %s is unavailable, not a wrong configuration', async (_, failure) => {
    store.failure = failure;
    await expect(write(settingsOf())).rejects.toEqual(unavailable);
    expect(store.requests).toHaveLength(2);
  });

  test('that cannot be reached is unavailable', async () => {
    process.env.AWS_ENDPOINT_URL_SSM = 'http://127.0.0.1:1';
    await expect(write(settingsOf())).rejects.toEqual(unavailable);
    expect(logged[0]?.reason).toContain('ECONNREFUSED');
  });

  test('is spared for a second after a failed first reading, which everybody is told of, and is then asked again', async () => {
    const found = store.parameters.get(WRITE) as string;
    store.parameters.delete(WRITE);
    const settings = settingsOf();
    await expect(write(settings)).rejects.toThrow(ConfigError);
    store.parameters.set(WRITE, found);
    clock.time += 999;
    await expect(write(settings)).rejects.toThrow(ConfigError);
    expect([store.requests.length, logged.length]).toEqual([1, 1]);
    clock.time += 1;
    expect(await write(settings)).toEqual(['write-1']);
  });
});
