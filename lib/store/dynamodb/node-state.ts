// What the node keeps beside its records: its epochs, what it knows of the other node, and which process repairs. The
// first two name the table, since a table that was restored from a backup has the items of another one: what they say is
// not true of it. A repair lock that came along from there has ended long ago.
import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { NodeState } from '../store.ts';
import type { Client } from './client.ts';
import { expression, update } from './expression.ts';
import { failedCondition } from './failure.ts';
import { type Item, number, string } from './item.ts';
import { repairLockOf } from './repair-lock.ts';
import { nodeKey } from './table.ts';
import { itemOf01, NAMES_IN_0_1 } from './version-0-1.ts';

/** @param tableId names this very table */
export function nodeStateOf(
  client: Client,
  tableId: () => Promise<string>,
): NodeState & { raiseEpoch(epoch: number): Promise<number> } {
  const TableName = client.table;

  async function read(name: 'epoch' | 'peer-state'): Promise<Item> {
    return (await get(nodeKey(name))) ?? itemOf01(name, (await get(nodeKey(NAMES_IN_0_1[name]))) ?? {});
  }

  async function get(Key: Item): Promise<Item | undefined> {
    return (await client.ask(new GetItemCommand({ TableName, Key, ConsistentRead: true }))).Item;
  }

  /** @param set further attributes, as expressions */
  async function raise(set: Record<string, string>, epoch: number): Promise<void> {
    const UpdateExpression = update({ highest: ':epoch', ...set });
    const ConditionExpression = 'attribute_not_exists(#highest) OR #highest < :epoch';
    const values = { ':epoch': number(epoch), ':tableId': string(await tableId()) };
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

  async function epochs(): Promise<{ own?: number; highest: number }> {
    const [id, { highest, own, tableId: ofTable }] = await Promise.all([tableId(), read('epoch')]);
    return {
      highest: Number(highest?.N ?? 0),
      ...(own && ofTable?.S === id && { own: Number(own.N) }),
    };
  }

  return {
    ...repairLockOf(client),
    epochs,
    async claimEpoch(epoch) {
      // The item may be one of version 0.1, which the condition of the update does not see.
      if ((await epochs()).highest >= epoch) return;
      await raise({ own: ':epoch', tableId: ':tableId' }, epoch);
    },

    async raiseEpoch(epoch) {
      const { highest } = await epochs();
      if (highest >= epoch) return highest;
      await raise({}, epoch);
      return (await epochs()).highest;
    },

    async peerState() {
      const [id, { text, tableId: ofTable }] = await Promise.all([tableId(), read('peer-state')]);
      return ofTable?.S === id ? text?.S : undefined;
    },

    async setPeerState(text) {
      const UpdateExpression = update({ text: ':text', tableId: ':tableId' });
      const names = expression([UpdateExpression], { ':text': string(text), ':tableId': string(await tableId()) });
      await client.ask(new UpdateItemCommand({ TableName, Key: nodeKey('peer-state'), UpdateExpression, ...names }));
    },
  };
}
