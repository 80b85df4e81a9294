// What the node keeps beside its records: its epochs, whether it is complete, which process repairs, and its notes
// (notes.ts). An item names the table, since a table that was restored from a backup has the items of another one: what they
// say is not true of it. A repair lock that came along from there has ended long ago.
import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { EpochSeen, NodeState, Store } from '../store.ts';
import type { Client } from './client.ts';
import { expression, update } from './expression.ts';
import { failedCondition } from './failure.ts';
import { type Item, number, string } from './item.ts';
import type { Notes } from './notes.ts';
import { repairLockOf } from './repair-lock.ts';
import { nodeKey } from './table.ts';
import { NAMES_IN_0_1 } from './version-0-1.ts';

/** @param tableId names this very table */
export function nodeStateOf(
  client: Client,
  tableId: () => Promise<string>,
  { note, keepNote }: Notes,
): NodeState & Pick<Store, 'raiseEpoch' | 'isComplete' | 'completed'> {
  const TableName = client.table;
  let isKnownComplete = false;

  async function get(Key: Item): Promise<Item | undefined> {
    return (await client.ask(new GetItemCommand({ TableName, Key, ConsistentRead: true }))).Item;
  }

  /** @param set further attributes, as expressions @param by the contents id of the primary that began the epoch */
  async function raise(
    set: Record<string, string>,
    ConditionExpression: string,
    epoch: number,
    by: string,
    others: Item,
  ): Promise<void> {
    const UpdateExpression = update({ highest: ':epoch', begunBy: ':by', ...set });
    const values = { ':epoch': number(epoch), ':tableId': string(await tableId()), ':by': string(by), ...others };
    const names = expression([UpdateExpression, ConditionExpression], values);
    const command = new UpdateItemCommand({
      TableName,
      Key: nodeKey('epoch'),
      UpdateExpression,
      ConditionExpression,
      ...names,
    });
    await client.ask(command).catch((error) => {
      if (!failedCondition(error)) throw error;
    });
  }

  async function epochItem(): Promise<Item> {
    return (await get(nodeKey('epoch'))) ?? (await get(nodeKey(NAMES_IN_0_1.epoch))) ?? {};
  }

  async function epochs(): Promise<{ own?: number; highest: number; by?: string }> {
    const [id, { highest, own, begunBy, tableId: ofTable }] = await Promise.all([tableId(), epochItem()]);
    return {
      highest: Number(highest?.N ?? 0),
      ...(begunBy?.S && begunBy.S !== UNKNOWN && { by: begunBy.S }),
      ...(own && ofTable?.S === id && { own: Number(own.N) }),
    };
  }

  return {
    ...repairLockOf(client),
    epochs,
    note,
    keepNote,
    async claimEpoch(epoch, after) {
      // The item may be one of version 0.1, which the condition of the update does not see.
      const { highest } = await epochs();
      if (highest >= epoch || (after !== undefined && highest !== after)) return;
      const isFree = after === undefined ? LOWER : 'attribute_not_exists(#highest) OR #highest = :after';
      const set = { own: ':epoch', tableId: ':tableId' };
      await raise(set, isFree, epoch, await tableId(), { ':after': number(after ?? 0) });
    },

    async raiseEpoch(epoch, by = UNKNOWN) {
      const seen = epochSeen(await epochs());
      const isNews = epoch > seen.epoch || (epoch === seen.epoch && seen.by === undefined && by !== UNKNOWN);
      if (!isNews) return seen;
      // An epoch of which nobody knows who began it is that of the first one that is heard; nobody begins it anew.
      const isFree = `${LOWER} OR (#highest = :epoch AND #begunBy = :unknown)`;
      await raise({}, isFree, epoch, by, { ':unknown': string(UNKNOWN) });
      return epochSeen(await epochs());
    },

    async isComplete() {
      if (isKnownComplete) return true;
      const [id, item] = await Promise.all([tableId(), get(nodeKey('complete'))]);
      // A replica of version 0.1 that has heard of a primary served what it held.
      const { tableId: ofTable } = item ?? (await get(nodeKey(NAMES_IN_0_1['replica-state']))) ?? {};
      isKnownComplete = ofTable?.S === id;
      return isKnownComplete;
    },

    async completed() {
      if (isKnownComplete) return;
      const UpdateExpression = update({ tableId: ':tableId' });
      const names = expression([UpdateExpression], { ':tableId': string(await tableId()) });
      await client.ask(new UpdateItemCommand({ TableName, Key: nodeKey('complete'), UpdateExpression, ...names }));
      isKnownComplete = true;
    },
  };
}

const LOWER = 'attribute_not_exists(#highest) OR #highest < :epoch';

/** In place of the contents id of the primary that began an epoch, where that is not known. */
const UNKNOWN = '-';

export function epochSeen({ highest, by }: { highest: number; by?: string }): EpochSeen {
  return { epoch: highest, ...(by !== undefined && { by }) };
}
