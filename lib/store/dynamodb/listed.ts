// Which writes of a key are listed as divergent: the item of the key names them, so that its next record can take from the
// list what it had seen. Who lists a write names it first. A name that is too much costs a read.
import { PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { clientKey, dismissal, divergentKey, hasSeen } from '../../divergent.ts';
import { TandemError } from '../../errors.ts';
import { inParallel } from '../../in-parallel.ts';
import type { StoredRecord } from '../../record.ts';
import { initialReplication } from '../replication-state.ts';
import { compareUtf8 } from '../utf8-order.ts';
import type { Client, OperationLimit } from './client.ts';
import { type ReadItem, SAME, stampValues, wasMet } from './conditional.ts';
import { expression } from './expression.ts';
import { entryOf, type Item, itemOf, number } from './item.ts';
import { conditionalPut } from './replaceable.ts';
import { keyOf, recordKey } from './table.ts';

/** Writes that an item names at most: about 4 KB. What it does not name stays listed until an operator acknowledges it. */
const MAX_NAMED = 100;

/** The kinds of the items that list writes of an item's key. */
export function listedOf({ listed }: Item): readonly string[] {
  return listed?.SS ?? [];
}

/** The attribute that names listed writes by the kinds of their items. */
export function listedItem(kinds: readonly string[]): Item {
  return kinds.length > 0 ? { listed: { SS: [...new Set(kinds)].slice(-MAX_NAMED) } } : {};
}

/** The condition that an item still names the same writes. */
export function sameListed({ listed }: Item): [condition: string, values: Item] {
  return listed ? ['#listed = :listed', { ':listed': listed }] : ['attribute_not_exists(#listed)', {}];
}

/**
 * Names a listed write in the item of its key, if there is one.
 * @param key of the listed write
 * @returns all that the item names now; nothing where it does not name this one
 */
export async function nameListed(client: Client, key: string, limit: OperationLimit): Promise<readonly string[]> {
  const condition = 'attribute_exists(#key) AND (attribute_not_exists(#listed) OR size(#listed) < :max)';
  const values = { ':kinds': { SS: [recordKey(key).kind.S] }, ':max': number(MAX_NAMED) };
  return listedOf(await changeListed(client, clientKey(key), 'ADD #listed :kinds', condition, values, limit));
}

/** The parts of an engine that this needs. */
export interface ListedOptions {
  readonly client: Client;
  readonly read: ReadItem;
  readonly retentionMs: number;
  /** Names the present contents, as a writer. */
  readonly ownName: () => Promise<string>;
  /** Called with each record that lists a divergent write, when that is listed here. */
  readonly onListed?: ((listed: StoredRecord) => void) | undefined;
}

/** A write, and what it was written over. */
export interface Replacement {
  readonly by: StoredRecord;
  readonly replaced: StoredRecord;
}

/**
 * Takes from the list what the present record of a key, or another listed write of it, had seen. It is owed to the other
 * node. Where DynamoDB does not answer, it stays there until the next record of the key: what was asked for is done.
 * @param key of a client
 * @param done what has just been written over what
 * @returns whether anything was taken from it
 */
export async function dismissSeen(
  options: ListedOptions,
  key: string,
  limit: OperationLimit,
  done?: Replacement,
): Promise<boolean> {
  try {
    return await dismiss(options, key, limit, done);
  } catch (error) {
    if (!(error instanceof TandemError)) throw error;
    // It may have been. A repair finds what is owed.
    return false;
  }
}

async function dismiss(
  { client, read, retentionMs }: ListedOptions,
  key: string,
  limit: OperationLimit,
  done: Replacement | undefined,
): Promise<boolean> {
  const item = await read(key, limit);
  const kinds = item ? listedOf(item) : [];
  if (!item || kinds.length === 0) return false;
  const keys = kinds.map((kind) => keyOf({ key: { S: key }, kind: { S: kind } })).sort(compareUtf8);
  const found = await inParallel(keys, (each) => read(each, limit));
  const listed = found.flatMap((each) => (each?.value ? entryOf(each).record : []));
  const present = [entryOf(item).record, ...listed];
  const over = new Set(keys);
  const dismissed = await inParallel(listed, async (record) => {
    const isReplaced = done !== undefined && divergentKey(done.replaced) === record.key;
    const seenBy = isReplaced ? done.by : present.find((newer) => hasSeen(newer, record));
    if (seenBy !== undefined) return replace(client, record, dismissal(record, seenBy), retentionMs, limit);
    over.delete(record.key);
    return false;
  });
  const hasDismissed = dismissed.includes(true);
  if (over.size === 0) return hasDismissed;
  const values = { ':kinds': { SS: [...over].map((each) => recordKey(each).kind.S) } };
  await changeListed(client, key, 'DELETE #listed :kinds', 'attribute_exists(#key)', values, limit);
  return hasDismissed;
}

/** Unless it was acknowledged by now. @returns whether it was not */
async function replace(
  client: Client,
  old: StoredRecord,
  record: StoredRecord,
  retentionMs: number,
  limit: OperationLimit,
): Promise<boolean> {
  const item = itemOf(record, initialReplication(0), retentionMs);
  const put = conditionalPut(client.table, item, SAME, stampValues(old));
  return wasMet(client.ask(new PutItemCommand(put), limit));
}

/** @returns the attribute as it is now, if it is there and the condition held */
async function changeListed(
  client: Client,
  key: string,
  UpdateExpression: string,
  ConditionExpression: string,
  values: Item,
  limit: OperationLimit,
): Promise<Item> {
  const command = new UpdateItemCommand({
    TableName: client.table,
    Key: recordKey(key),
    UpdateExpression,
    ConditionExpression,
    ...expression([UpdateExpression, ConditionExpression], values),
    ReturnValues: 'UPDATED_NEW',
  });
  let changed: Item = {};
  const asked = client.ask(command, limit).then(({ Attributes = {} }) => {
    changed = Attributes;
  });
  await wasMet(asked);
  return changed;
}
