// Each missing or wrong variable is one clear sentence that names it.
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { loadConfig, type SqliteConfig } from '../../../lib/config/config.ts';

const AWS = { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'key' };
const GOOD = {
  ROLE: 'primary',
  PEER_URL: 'http://127.0.0.1:5001',
  PEER_TOKEN: 'peer-secret',
  WRITE_TOKEN: 'write-secret',
  READ_TOKEN: 'read-secret',
  TABLE_NAME: 'tandem-primary',
  ...AWS,
};
const LOCAL = { IS_OFFLINE: 'true', ROLE: 'replica', PEER_URL: 'http://127.0.0.1:5000' };
const credentials = { accessKeyId: 'id', secretAccessKey: 'key' };
const given = (variable: string, value: string) => ({ variable, value });

test('a deployed node keeps its data in DynamoDB, and has a token for each purpose', () => {
  expect(loadConfig(GOOD)).toEqual({
    role: 'primary',
    store: { kind: 'dynamodb', table: 'tandem-primary', endpoint: undefined },
    aws: { region: 'eu-central-1', peerRegion: 'eu-central-1', credentials },
    peerUrl: given('PEER_URL', 'http://127.0.0.1:5001'),
    peerToken: given('PEER_TOKEN', 'peer-secret'),
    writeToken: given('WRITE_TOKEN', 'write-secret'),
    readToken: given('READ_TOKEN', 'read-secret'),
    retentionMs: 24 * 60 * 60 * 1000,
    compareEveryMs: 60 * 60 * 1000,
    maxWaitMs: 20_000,
    publicUrl: undefined,
    faultInjection: false,
    log: 'json',
  });
});

test('under the emulator data is in memory, faults are on, and clients need no token', () => {
  expect(loadConfig(LOCAL)).toEqual({
    role: 'replica',
    store: { kind: 'memory', limitBytes: expect.any(Number) },
    aws: undefined,
    peerUrl: given('PEER_URL', 'http://127.0.0.1:5000'),
    peerToken: given('PEER_TOKEN', 'tandem-local-peer-token'),
    writeToken: undefined,
    readToken: undefined,
    retentionMs: 24 * 60 * 60 * 1000,
    compareEveryMs: 0,
    maxWaitMs: 20_000,
    publicUrl: undefined,
    faultInjection: true,
    log: 'silent',
  });
  expect(loadConfig({ ...LOCAL, FAULT_INJECTION: 'off' }).faultInjection).toBe(false);
  expect(loadConfig({ ...LOCAL, PEER_TOKEN: '' }).peerToken).toMatchObject({ value: 'tandem-local-peer-token' });
});

test('under the emulator DynamoDB is the local endpoint, unless another one is named', () => {
  const local = { ...LOCAL, STORE: 'dynamodb' };
  expect(loadConfig(local)).toMatchObject({
    store: { table: 'tandem-replica', endpoint: 'http://127.0.0.1:5020' },
    aws: { region: 'local' },
  });
  expect(loadConfig({ ...local, DYNAMODB_PORT: '6020' }).store).toMatchObject({ endpoint: 'http://127.0.0.1:6020' });
  expect(
    loadConfig({ ...local, ...AWS, TABLE_NAME: 'other', AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:9/' }),
  ).toMatchObject({
    store: { table: 'other', endpoint: 'http://127.0.0.1:9' },
    aws: { region: 'eu-central-1', credentials },
  });
});

test('under the emulator a node over SQLite has a data file that is named after its stage, unless another one is named', () => {
  const local = { ...LOCAL, STORE: 'sqlite' };
  const fileOf = (env: Record<string, string>) => (loadConfig({ ...local, ...env }).store as SqliteConfig).file;
  expect(loadConfig(local)).toMatchObject({ store: { kind: 'sqlite' }, aws: undefined, compareEveryMs: 0 });
  expect(fileOf({})).toBe(resolve('.data/replica.sqlite'));
  expect(fileOf({ SQLITE_FOLDER: 'elsewhere' })).toBe(resolve('elsewhere/replica.sqlite'));
  expect(fileOf({ SQLITE_FILE: 'my.db', SQLITE_FOLDER: 'elsewhere' })).toBe(resolve('my.db'));
  expect(loadConfig({ ...local, SQLITE_LIMIT_MB: '7' }).store).toMatchObject({ limitBytes: 7 * 1024 * 1024 });
  for (const limit of ['0', '1.5', 'none'])
    expect(() => loadConfig({ ...local, SQLITE_LIMIT_MB: limit })).toThrow(/SQLITE_LIMIT_MB must be a whole number/);
});

test('tokens and the URL of the other node may be in Parameter Store', () => {
  const { PEER_URL: _, PEER_TOKEN: __, ...rest } = GOOD;
  expect(
    loadConfig({
      ...rest,
      PEER_URL_PARAMETER: '/tandem/replica/url',
      PEER_TOKEN_PARAMETER: '/t/peer',
      PEER_REGION: 'eu-west-1',
    }),
  ).toMatchObject({
    peerUrl: { variable: 'PEER_URL', parameter: '/tandem/replica/url' },
    peerToken: { variable: 'PEER_TOKEN', parameter: '/t/peer' },
    aws: { peerRegion: 'eu-west-1' },
  });
});

test.each([
  ['ROLE', undefined, /ROLE must be 'primary' or 'replica', not ''/],
  ['ROLE', 'leader', /ROLE must be .* not 'leader'/],
  ['PEER_URL', undefined, /PEER_URL is not set/],
  ['PEER_URL', '127.0.0.1:5001', /PEER_URL must be an http or https URL such as/],
  ['PEER_URL', 'ftp://x', /PEER_URL must be an http or https URL/],
  ['PEER_URL', 'http://', /PEER_URL must be an http or https URL/],
  ['PEER_TOKEN', '', /PEER_TOKEN is not set/],
  ['PEER_TOKEN', 'a,b,c', /PEER_TOKEN must be one token, or two/],
  ['WRITE_TOKEN', '', /WRITE_TOKEN is not set. Set it, or WRITE_TOKEN_PARAMETER/],
  ['WRITE_TOKEN', 'not a token', /WRITE_TOKEN must be one token/],
  ['READ_TOKEN', undefined, /READ_TOKEN is not set/],
  ['STORE', 'redis', /STORE must be 'memory' or 'sqlite' or 'dynamodb', not 'redis'/],
  ['STORE', 'sqlite', /STORE must be 'dynamodb' in a deployed stage/],
  ['STORE', 'memory', /STORE must be 'dynamodb' in a deployed stage/],
  ['TABLE_NAME', undefined, /TABLE_NAME is not set/],
  ['TABLE_NAME', 'a b', /TABLE_NAME must be the name of a DynamoDB table, not 'a b'/],
  ['AWS_REGION', undefined, /AWS_REGION is not set/],
  ['AWS_REGION', 'Frankfurt', /AWS_REGION must be a region such as eu-central-1, not 'Frankfurt'/],
  ['PEER_REGION', 'x.y', /PEER_REGION must be a region/],
  ['AWS_ACCESS_KEY_ID', undefined, /AWS_ACCESS_KEY_ID is not set/],
  ['AWS_SECRET_ACCESS_KEY', '', /AWS_SECRET_ACCESS_KEY is not set/],
  ['AWS_ENDPOINT_URL_DYNAMODB', 'localhost', /AWS_ENDPOINT_URL_DYNAMODB must be an http or https URL/],
  ['MAX_WAIT_SECONDS', '21', /MAX_WAIT_SECONDS must be a whole number from 0 to 20/],
  ['COMPARE_SECONDS', '-1', /COMPARE_SECONDS must be a whole number from 0 to/],
  ['RETENTION_SECONDS', '59', /RETENTION_SECONDS must be a whole number from 60 to/],
  ['FAULT_INJECTION', 'yes', /FAULT_INJECTION must be 'on' or 'off', not 'yes'/],
  ['LOG', 'verbose', /LOG must be 'requests' or 'json' or 'silent'/],
])('%s=%s', (name, value, message) => {
  expect(() => loadConfig({ ...GOOD, [name]: value })).toThrow(message);
});

test.each(['0', 'lots'])('MEMORY_LIMIT_MB=%s', (value) => {
  expect(() => loadConfig({ ...LOCAL, MEMORY_LIMIT_MB: value })).toThrow(
    /MEMORY_LIMIT_MB must be a whole number from 1 to/,
  );
});

test('a token in Parameter Store goes before the local default', () => {
  expect(loadConfig({ ...LOCAL, ...AWS, PEER_TOKEN_PARAMETER: '/t/peer' }).peerToken).toEqual({
    variable: 'PEER_TOKEN',
    parameter: '/t/peer',
  });
});

test('where a client needs a token the nodes have one of their own, which is not public', () => {
  for (const name of ['WRITE_TOKEN', 'READ_TOKEN']) {
    for (const more of [{ [name]: 'secret' }, { ...AWS, [`${name}_PARAMETER`]: '/t/secret' }]) {
      const load = () => loadConfig({ ...LOCAL, PEER_TOKEN: '', ...more });
      expect(load).toThrow(
        `PEER_TOKEN is not set, and its default is public: where ${name} is set, give both nodes the same secret PEER_TOKEN.`,
      );
      expect(load).not.toThrow('/t/secret');
    }
  }
  expect(loadConfig({ ...LOCAL, WRITE_TOKEN: 'w', PEER_TOKEN: 'p' }).peerToken).toMatchObject({ value: 'p' });
  expect(loadConfig({ ...LOCAL, ...AWS, WRITE_TOKEN: 'w', PEER_TOKEN_PARAMETER: '/t/peer' }).peerToken).toMatchObject({
    parameter: '/t/peer',
  });
});

test('writing is guarded where reading is', () => {
  const local = { ...LOCAL, PEER_TOKEN: 'p' };
  expect(loadConfig({ ...local, WRITE_TOKEN: 'w' })).toMatchObject({ readToken: undefined });
  for (const more of [{ READ_TOKEN: 'r' }, { ...AWS, READ_TOKEN_PARAMETER: '/t/read' }])
    expect(() => loadConfig({ ...local, ...more })).toThrow(
      /READ_TOKEN is set without WRITE_TOKEN: anybody could write/,
    );
});

test.each([
  ['WRITE_TOKEN', 'READ_TOKEN', { WRITE_TOKEN: 'a,common', READ_TOKEN: 'common,b' }],
  ['PEER_TOKEN', 'WRITE_TOKEN', { PEER_TOKEN: 'common', WRITE_TOKEN: 'w, common' }],
  ['PEER_TOKEN', 'READ_TOKEN', { PEER_TOKEN: 'common', READ_TOKEN: 'common' }],
])('%s and %s have no token in common', (one, other, tokens) => {
  expect(() => loadConfig({ ...GOOD, ...tokens })).toThrow(
    new RegExp(`^${one} and ${other} have a token in common: give each its own\\.$`),
  );
});

test('a token is of at most 1,024 characters', () => {
  expect(loadConfig({ ...GOOD, WRITE_TOKEN: 'x'.repeat(1024) }).writeToken).toBeDefined();
  expect(() => loadConfig({ ...GOOD, WRITE_TOKEN: 'x'.repeat(1025) })).toThrow(/WRITE_TOKEN must be one token/);
});

test.each([
  ['PEER_TOKEN', 'top secret'],
  ['WRITE_TOKEN', 'a,b,top'],
  ['READ_TOKEN', 'write-secret,top'],
  ['PEER_URL', 'amqp://me:top@host'],
])('no error shows what %s is', (name, value) => {
  const load = () => loadConfig({ ...GOOD, [name]: value });
  expect(load).toThrow(new RegExp(name));
  expect(load).not.toThrow(/top|write-secret/);
});
