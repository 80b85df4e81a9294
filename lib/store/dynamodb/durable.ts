// What the node keeps beside its records: its reign, and a note. Both name the table, since a table that was restored
// from a backup has the items of another one: what they say is not true of it.
import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { Durable } from '../store.ts';
import type { Client } from './client.ts';
import { expression, update } from './expression.ts';
import { failedCondition } from './failure.ts';
import { type Item, number, string } from './item.ts';
import { nodeKey } from './table.ts';

export interface Reigns extends Durable {
  raiseEpoch(epoch: number): Promise<number>;
}

/**
 * @param tableId names this very table
 */
export function durableOf(client: Client, tableId: () => Promise<string>): Reigns {
  const TableName = client.table;

  async function read(name: 'reign' | 'note'): Promise<Item> {
    const { Item = {} } = await client.ask(new GetItemCommand({ TableName, Key: nodeKey(name), ConsistentRead: true }));
    return Item;
  }

  async function raise(set: Record<string, string>, epoch: number): Promise<void> {
    const UpdateExpression = update({ highest: ':epoch', ...set });
    const ConditionExpression = 'attribute_not_exists(#highest) OR #highest < :epoch';
    const values = { ':epoch': number(epoch), ':tableId': string(await tableId()) };
    const names = expression([UpdateExpression, ConditionExpression], values);
    const command = new UpdateItemCommand({
      TableName,
      Key: nodeKey('reign'),
      UpdateExpression,
      ConditionExpression,
      ...names,
    });
    await client.ask(command).catch((error) => {
      if (!failedCondition(error)) throw error;
    });
  }

  async function reign(): Promise<{ own?: number; highest: number }> {
    const [id, { highest, own, tableId: ofTable }] = await Promise.all([tableId(), read('reign')]);
    return {
      highest: Number(highest?.N ?? 0),
      ...(own && ofTable?.S === id && { own: Number(own.N) }),
    };
  }

  return {
    reign,
    beginReign: (epoch) => raise({ own: ':epoch', tableId: ':tableId' }, epoch),

    async raiseEpoch(epoch) {
      const { highest } = await reign();
      if (highest >= epoch) return highest;
      await raise({}, epoch);
      return (await reign()).highest;
    },

    async note() {
      const [id, { text, tableId: ofTable }] = await Promise.all([tableId(), read('note')]);
      return ofTable?.S === id ? text?.S : undefined;
    },

    async setNote(text) {
      const UpdateExpression = update({ text: ':text', tableId: ':tableId' });
      const names = expression([UpdateExpression], { ':text': string(text), ':tableId': string(await tableId()) });
      await client.ask(new UpdateItemCommand({ TableName, Key: nodeKey('note'), UpdateExpression, ...names }));
    },
  };
}
