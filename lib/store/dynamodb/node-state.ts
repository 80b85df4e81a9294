// What the node keeps beside its records: its epochs, and what it knows of the other node. Both name the table, since a
// table that was restored from a backup has the items of another one: what they say is not true of it.
import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { EpochSeen, NodeState, Store } from '../store.ts';
import type { Client } from './client.ts';
import { expression, update } from './expression.ts';
import { failedCondition } from './failure.ts';
import { type Item, number, string } from './item.ts';
import { type NodeItem, nodeKey } from './table.ts';

/** @param tableId names this very table */
export function nodeStateOf(
  client: Client,
  tableId: () => Promise<string>,
): NodeState & Pick<Store, 'raiseEpoch' | 'isComplete' | 'completed'> {
  const TableName = client.table;
  let isKnownComplete = false;

  async function read(name: NodeItem): Promise<Item> {
    const { Item = {} } = await client.ask(new GetItemCommand({ TableName, Key: nodeKey(name), ConsistentRead: true }));
    return Item;
  }

  /** @param set further attributes, as expressions @param by the contents id of the primary that began the epoch */
  async function raise(set: Record<string, string>, epoch: number, by: string): Promise<void> {
    const UpdateExpression = update({ highest: ':epoch', begunBy: ':by', ...set });
    const ConditionExpression =
      'attribute_not_exists(#highest) OR #highest < :epoch OR (#highest = :epoch AND #begunBy = :unknown)';
    const ids = { ':tableId': string(await tableId()), ':by': string(by), ':unknown': string(UNKNOWN) };
    const values = { ':epoch': number(epoch), ...ids };
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

  async function epochs(): Promise<{ own?: number; highest: number; by?: string }> {
    const [id, { highest, own, begunBy, tableId: ofTable }] = await Promise.all([tableId(), read('epoch')]);
    return {
      highest: Number(highest?.N ?? 0),
      ...(begunBy?.S && begunBy.S !== UNKNOWN && { by: begunBy.S }),
      ...(own && ofTable?.S === id && { own: Number(own.N) }),
    };
  }

  return {
    epochs,
    claimEpoch: async (epoch) => raise({ own: ':epoch', tableId: ':tableId' }, epoch, await tableId()),

    async raiseEpoch(epoch, by = UNKNOWN) {
      const seen = epochSeen(await epochs());
      const isNews = epoch > seen.epoch || (epoch === seen.epoch && seen.by === undefined && by !== UNKNOWN);
      if (!isNews) return seen;
      await raise({}, epoch, by);
      return epochSeen(await epochs());
    },

    async isComplete() {
      if (isKnownComplete) return true;
      const [id, { tableId: ofTable }] = await Promise.all([tableId(), read('complete')]);
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

/** In place of the contents id of the primary that began an epoch, where that is not known. */
const UNKNOWN = '-';

export function epochSeen({ highest, by }: { highest: number; by?: string }): EpochSeen {
  return { epoch: highest, ...(by !== undefined && { by }) };
}
