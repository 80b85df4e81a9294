// The local DynamoDB endpoint: what must not happen to it, or to its data, when it or a client of it is killed.
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Store } from 'dynalite/db/index.js';
import { openStore, serverOf } from '../../../scripts/dynamodb/store.ts';
import { ensureTables } from '../../../scripts/dynamodb/tables.ts';
import { dynamodb } from '../../../scripts/dynamodb.ts';
import { freePorts } from '../../support/nodes.ts';
import { until } from '../../support/until.ts';

const TableName = 'tandem-test';
const AWS = { region: 'local', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };

let folder: string;
let store: Store;
let server: Server;
let client: DynamoDBClient;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-data-'));
  await open();
  await ensureTables([TableName], { ...AWS, endpoint: endpointOf(server) });
});
afterEach(async () => {
  await close();
  await rm(folder, { recursive: true });
});

const endpointOf = (from: Server) => `http://127.0.0.1:${(from.address() as AddressInfo).port}`;

async function open(): Promise<void> {
  store = await openStore(folder);
  server = serverOf(store);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  client = new DynamoDBClient({ ...AWS, endpoint: endpointOf(server), maxAttempts: 1 });
}

async function close(): Promise<void> {
  client.destroy();
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

const S = (text: string) => ({ S: text });
const Key = { key: S('a'), kind: S('record') };
const update = (place: string) =>
  client.send(
    new UpdateItemCommand({
      TableName,
      Key,
      UpdateExpression: 'SET backlogAt = :place',
      ExpressionAttributeValues: { ':place': S(place) },
    }),
  );

/** The place of the item in the backlog: as the item says, and as the index says. */
async function places(): Promise<unknown> {
  const { Items: items = [] } = await client.send(new ScanCommand({ TableName }));
  const { Items: entries = [] } = await client.send(
    new QueryCommand({
      TableName,
      IndexName: 'backlog',
      KeyConditionExpression: 'backlog = :shard',
      ExpressionAttributeValues: { ':shard': S('0') },
    }),
  );
  return [items, entries].map((list) => list.map(({ backlogAt }) => backlogAt?.S));
}

test('an item and its index entries change together, or not at all', async () => {
  await client.send(new PutItemCommand({ TableName, Item: { ...Key, backlog: S('0'), backlogAt: S('1') } }));
  await update('2');
  expect(await places()).toEqual([['2'], ['2']]);

  // As if it were killed in the moment in which it writes.
  let isWriting = false;
  store.db.batch = () => {
    isWriting = true;
  };
  const lost = expect(update('3')).rejects.toThrow();
  await until(() => isWriting);
  await close();
  await lost;
  await open();
  expect(await places()).toEqual([['2'], ['2']]);

  await client.send(new DeleteItemCommand({ TableName, Key }));
  expect(await places()).toEqual([[], []]);
});

test('a folder in use is a message', async () => {
  await expect(openStore(folder)).rejects.toThrow(`The folder ${folder} is in use by another process.`);
});

test('a client that is killed in the middle of its request leaves the endpoint as it is', async () => {
  const [port] = (await freePorts(1)) as [number];
  process.env.DYNAMODB_PORT = `${port}`;
  process.env.DYNAMODB_PATH = join(folder, 'other');
  const part = dynamodb();
  expect(await part.start()).toBe(`http://127.0.0.1:${port}, data in ${join(folder, 'other')}`);
  const socket = connect(port, '127.0.0.1');
  socket.write('POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 100\r\n\r\n{');
  await once(socket, 'connect');
  socket.resetAndDestroy();
  await once(socket, 'close');
  const answer = await fetch(`http://127.0.0.1:${port}`);
  expect([answer.status, answer.headers.get('tandem-data')]).toEqual([200, encodeURIComponent(join(folder, 'other'))]);
  await part.stop?.();
});

test('no page of another machine deletes a table, or learns where the data is', async () => {
  const [port] = (await freePorts(1)) as [number];
  process.env.DYNAMODB_PORT = `${port}`;
  process.env.DYNAMODB_PATH = join(folder, 'other');
  const part = dynamodb();
  await part.start();
  const url = `http://127.0.0.1:${port}`;
  const ask = (operation: string, headers: Record<string, string>, body = {}) =>
    fetch(url, {
      method: 'POST',
      headers: {
        authorization:
          'AWS4-HMAC-SHA256 Credential=local/20261122/local/dynamodb/aws4_request, SignedHeaders=host, Signature=x',
        'x-amz-date': '20261122T070000Z',
        'x-amz-target': `DynamoDB_20120810.${operation}`,
        'content-type': 'application/x-amz-json-1.0',
        ...headers,
      },
      body: JSON.stringify(body),
    });
  for (const headers of [{ origin: 'http://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }]) {
    const answer = await ask('DeleteTable', headers as Record<string, string>, { TableName: 'tandem-primary' });
    expect([answer.status, await answer.json()]).toEqual([403, expect.objectContaining({ code: 'forbidden_origin' })]);
    for (const name of ['access-control-allow-origin', 'tandem-data']) expect(answer.headers.get(name)).toBeNull();
  }
  expect(await (await ask('ListTables', {})).json()).toEqual({ TableNames: ['tandem-primary', 'tandem-replica'] });
  expect((await ask('ListTables', { origin: 'http://localhost:3000' })).status).toBe(200);
  await part.stop?.();
});
