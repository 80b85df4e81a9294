// Both nodes of this version over the tables that version 0.1 has left, one of which owes the other some records.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ArtifactPair, artifactPair } from '../support/artifact.ts';
import { startDynamoDb, type TestDynamoDb } from '../support/dynamodb.ts';
import { DELETED, MADE_AT, OWED, tablesOf01, VALUES } from '../support/tables-of-0-1.ts';
import { withoutHurry } from '../support/unhurried.ts';

withoutHurry();

let dynamodb: TestDynamoDb;
let nodes: ArtifactPair;
beforeAll(async () => {
  dynamodb = await startDynamoDb();
  const tables = await tablesOf01(dynamodb);
  const env = {
    STORE: 'dynamodb',
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint,
    AWS_REGION: dynamodb.region,
    AWS_ACCESS_KEY_ID: dynamodb.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: dynamodb.credentials.secretAccessKey,
  };
  const own = { primary: { TABLE_NAME: tables.primary }, replica: { TABLE_NAME: tables.replica } };
  nodes = await artifactPair(env, own, false);
});
afterAll(async () => {
  await nodes?.close();
  await dynamodb?.stop();
});

test('P4 P5 a pair takes over the tables of version 0.1: it answers, ships what was owed, and is in sync', async () => {
  const { primary, replica } = nodes;
  for (const [key, value] of Object.entries(VALUES))
    expect((await primary.call('GET', `/key/${key}`)).body).toMatchObject({ value, epoch: MADE_AT });
  expect((await primary.call('GET', '/status')).body).toMatchObject({
    inSync: false,
    backlog: { count: OWED.length },
    replica: { id: (await replica.call('GET', '/status')).body.id },
  });

  await primary.repairAsScheduled();
  const { body } = await primary.call('GET', '/status');
  expect(body).toMatchObject({ inSync: true, backlog: { count: 0 } });
  expect(body.epoch).toBeGreaterThan(MADE_AT);
  for (const [key, value] of Object.entries(VALUES)) {
    expect((await primary.call('GET', `/status/${key}`)).body).toMatchObject({ status: 'replicated' });
    expect((await replica.call('GET', `/key/${key}`)).body).toMatchObject({ value, epoch: MADE_AT });
  }
  for (const node of [primary, replica])
    for (const key of DELETED) expect((await node.call('GET', `/key/${key}`)).status).toBe(404);

  for (const key of [...Object.keys(VALUES), ...DELETED]) {
    const written = await primary.call('PUT', `/key/${key}`, { body: { value: 'new' } });
    expect(written.body).toMatchObject({ status: 'replicated', epoch: body.epoch });
    expect((await replica.call('GET', `/key/${key}`)).body).toMatchObject({ value: 'new', epoch: body.epoch });
  }
});
