// A deployed primary asks Parameter Store once for all that its first write needs: before it comes, not on its way.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startDynamoDb, type TestDynamoDb } from '../support/dynamodb.ts';
import { type FunctionProcess, startFunction } from '../support/function-process.ts';
import { startParameterStore, type TestParameterStore } from '../support/parameter-store.ts';
import { until } from '../support/until.ts';

let parameterStore: TestParameterStore;
let dynamodb: TestDynamoDb;
let put: FunctionProcess | undefined;

beforeEach(async () => {
  parameterStore = await startParameterStore({
    '/url': 'http://127.0.0.1:1',
    '/peer': 'peer-token',
    '/write': 'write-token',
    '/read': 'read-token',
  });
  dynamodb = await startDynamoDb();
});
afterEach(async () => {
  await put?.stop();
  await dynamodb.stop();
  await parameterStore.stop();
});

test('the URL and token of the replica are asked for together with those of clients', async () => {
  put = await startFunction('put', {
    ROLE: 'primary',
    STORE: 'dynamodb',
    TABLE_NAME: await dynamodb.createTable(),
    PEER_URL_PARAMETER: '/url',
    PEER_TOKEN_PARAMETER: '/peer',
    WRITE_TOKEN_PARAMETER: '/write',
    READ_TOKEN_PARAMETER: '/read',
    AWS_REGION: dynamodb.region,
    AWS_ACCESS_KEY_ID: dynamodb.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: dynamodb.credentials.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint,
    AWS_ENDPOINT_URL_SSM: parameterStore.url,
    LOG: 'silent',
  });
  await until(() => parameterStore.requests.length > 0);
  const headers = { authorization: 'Bearer write-token' };
  expect(await put.call('PUT', '/key/a', { headers, body: { value: 1 } })).toMatchObject({ status: 202 });
  expect(parameterStore.requests.map(({ names }) => names.toSorted())).toEqual([['/peer', '/url', '/write']]);
});
