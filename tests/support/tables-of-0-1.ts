// Tables that version 0.1 has filled: tests/fixtures/tables-of-0-1.json has their items. They were made by the code of
// version 0.1 over dynalite, with its clock at `MADE_AT`: its primary had compared and was in sync, then its replica could
// not be reached. Ids of the tables are replaced by words, since each table has an id of its own.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AttributeValue, DescribeTableCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { TestDynamoDb } from './dynamodb.ts';

/** When 0.1 began its epoch, in milliseconds. It stopped three seconds later. */
export const MADE_AT = 1_763_790_000_000;
/** The keys that its replica had not acknowledged. */
export const OWED = ['deleted later', 'in flight', 'not tried', 'overwritten', 'owed'];
/** What its primary answers to reads, apart from `expiring`. */
export const VALUES = {
  replicated: 'second',
  overwritten: 'owed',
  owed: 'owed',
  'not tried': 'not tried',
  'in flight': 'never settled',
};
export const DELETED = ['deleted', 'deleted later'];

type Items = readonly Record<string, AttributeValue>[];

/** Makes the tables of both nodes. */
export async function tablesOf01(dynamodb: TestDynamoDb): Promise<{ primary: string; replica: string }> {
  const file = join(import.meta.dirname, '../fixtures/tables-of-0-1.json');
  const [text, primary, replica] = await Promise.all([
    readFile(file, 'utf8'),
    dynamodb.createTable(),
    dynamodb.createTable(),
  ]);
  const [primaryId, replicaId] = await Promise.all([idOf(dynamodb, primary), idOf(dynamodb, replica)]);
  const withIds = text.replaceAll('the primary’s table', primaryId).replaceAll('the replica’s table', replicaId);
  const items = JSON.parse(withIds) as { readonly primary: Items; readonly replica: Items };
  for (const [table, all] of [
    [primary, items.primary],
    [replica, items.replica],
  ] as const)
    for (const Item of all) await dynamodb.client.send(new PutItemCommand({ TableName: table, Item }));
  return { primary, replica };
}

async function idOf({ client }: TestDynamoDb, TableName: string): Promise<string> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName }));
  if (Table?.TableId === undefined) throw new Error(`${TableName} has no TableId`);
  return Table.TableId;
}
