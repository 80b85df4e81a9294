// GET /healthz of a function as it is deployed: 503 with the reason while the node cannot serve, and 200 again by itself.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DeleteTableCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startDynamoDb, type TestDynamoDb } from '../support/dynamodb.ts';
import { type DynamoDbProxy, startDynamoDbProxy } from '../support/dynamodb-proxy.ts';
import { type FunctionProcess, startFunction } from '../support/function-process.ts';
import { startParameterStore, type TestParameterStore } from '../support/parameter-store.ts';
import { until } from '../support/until.ts';

let parameterStore: TestParameterStore;
let dynamodb: TestDynamoDb;
let proxy: DynamoDbProxy;
let table: string;
let stop: Array<() => Promise<void>>;
beforeEach(async () => {
  parameterStore = await startParameterStore({ '/write': 'write-token', '/read': 'read-token' });
  dynamodb = await startDynamoDb();
  proxy = await startDynamoDbProxy(dynamodb.endpoint);
  table = await dynamodb.createTable();
  stop = [dynamodb.stop, proxy.stop, parameterStore.stop];
});
afterEach(async () => {
  for (const each of stop.reverse()) await each();
});

async function deployed(role: string): Promise<FunctionProcess> {
  const loaded = await startFunction('health', {
    ROLE: role,
    STORE: 'dynamodb',
    TABLE_NAME: table,
    PEER_URL: 'http://127.0.0.1:1',
    PEER_TOKEN: 'peer-token',
    WRITE_TOKEN_PARAMETER: '/write',
    READ_TOKEN_PARAMETER: '/read',
    AWS_REGION: dynamodb.region,
    AWS_ACCESS_KEY_ID: dynamodb.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: dynamodb.credentials.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: proxy.endpoint,
    AWS_ENDPOINT_URL_SSM: parameterStore.url,
  });
  stop.push(loaded.stop);
  return loaded;
}

const ask = ({ call }: FunctionProcess) => call('GET', '/healthz', { query: { store: 'true' } });
const askNothing = ({ call }: FunctionProcess) => call('GET', '/healthz');
const OK = (role: string) => ({ status: 200, body: { status: 'ok', role } });
const unhealthy = (detail: string) => ({ status: 503, body: { code: 'store_unavailable', detail } });

test('a primary in memory says that it is recovering, until it has asked its replica, or given up', async () => {
  const replica = createServer();
  await once(replica.listen(0, '127.0.0.1'), 'listening');
  const { port } = replica.address() as AddressInfo;
  const health = await startFunction('health', {
    ROLE: 'primary',
    IS_OFFLINE: 'true',
    PEER_URL: `http://127.0.0.1:${port}`,
  });
  stop.push(health.stop);
  expect(await ask(health)).toMatchObject({ status: 503, body: { code: 'recovering' } });
  // From now on nothing is there, instead of something that does not answer.
  replica.close();
  replica.closeAllConnections();
  await until(async () => (await ask(health)).status === 200);
  expect(await ask(health)).toEqual(OK('primary'));
});

describe.each(['primary', 'replica'])('a deployed %s', (role) => {
  test('that can serve says so, without a token, and asks Parameter Store once', async () => {
    const health = await deployed(role);
    for (let i = 0; i < 3; i++) expect(await ask(health)).toEqual(OK(role));
    expect(parameterStore.requests.map(({ names }) => names.toSorted())).toEqual([['/read', '/write']]);
  });

  test('that is not asked for its store reads nothing of it, and tells what it knows', async () => {
    const health = await deployed(role);
    for (let i = 0; i < 3; i++) expect(await askNothing(health)).toEqual({ status: 200, body: { status: 'ok' } });
    // Which is not charged.
    expect(proxy.requests.map(({ operation }) => operation)).toEqual(['DescribeTable']);
    expect(await ask(health)).toEqual(OK(role));
    expect(proxy.requests.length).toBeGreaterThan(1);
  });

  test('whose table was never there for it says so without being asked, until it is', async () => {
    proxy.refuse('DescribeTable', 'ThrottlingException');
    const health = await deployed(role);
    expect(await askNothing(health)).toMatchObject(
      unhealthy('The store takes no more requests at the moment. Try again.'),
    );
    proxy.calm();
    expect(await askNothing(health)).toEqual(OK(role));
  });

  test('that is asked for neither true nor false says what it takes', async () => {
    const health = await deployed(role);
    expect(await health.call('GET', '/healthz', { query: { store: 'yes' } })).toMatchObject({
      status: 400,
      body: { code: 'invalid_parameter', detail: 'store must be true or false.' },
    });
  });

  test.each<[string, () => void, string]>([
    [
      'Parameter Store does not answer',
      () => {
        parameterStore.failure = { status: 500, type: 'InternalServerError', message: 'try later' };
      },
      'Parameter Store, where this node has its tokens, does not answer.',
    ],
    [
      'a token is missing',
      () => parameterStore.parameters.delete('/write'),
      'This node cannot use the tokens of its clients, and answers none of them. Its log says why.',
    ],
    [
      'a token is none',
      () => parameterStore.parameters.set('/read', 'hush hush'),
      'This node cannot use the tokens of its clients, and answers none of them. Its log says why.',
    ],
  ])('says 503 with the reason when %s, and heals by itself', async (_, spoil, reason) => {
    spoil();
    const health = await deployed(role);
    const answer = await ask(health);
    expect(answer).toMatchObject(unhealthy(reason));
    expect(JSON.stringify(answer)).not.toMatch(/hush|\/read|\/write|PARAMETER|InternalServerError/);
    await until(() => health.lines().some((line) => line.includes('a setting could not be read')));
    parameterStore.failure = undefined;
    for (const name of ['read', 'write']) parameterStore.parameters.set(`/${name}`, `${name}-token`);
    await until(async () => (await ask(health)).status === 200);
  });

  test('says 503 with the reason when its store is out of reach, and heals by itself', async () => {
    const health = await deployed(role);
    proxy.refuse('GetItem', 'ThrottlingException');
    expect(await ask(health)).toMatchObject(unhealthy('The store takes no more requests at the moment. Try again.'));
    proxy.calm();
    expect(await ask(health)).toEqual(OK(role));
  });

  test('says 503, and the log why, when its table is gone', async () => {
    const health = await deployed(role);
    expect(await ask(health)).toEqual(OK(role));
    await dynamodb.client.send(new DeleteTableCommand({ TableName: table }));
    await until(async () => (await ask(health)).status !== 200);
    expect(await ask(health)).toMatchObject(unhealthy('The store of this node cannot be used. Its log says why.'));
    await until(() => health.lines().some((line) => line.includes('the store cannot be used')));
  });
});
