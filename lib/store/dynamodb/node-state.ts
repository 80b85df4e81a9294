// What the node keeps beside its records: its epochs, what it knows of the other node, and which process repairs. The
// first two name the table, since a table that was restored from a backup has the items of another one: what they say is
// not true of it. A repair lock that came along from there has ended long ago.
import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { EpochSeen, NodeState, Store } from '../store.ts';
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
): NodeState & Pick<Store, 'raiseEpoch' | 'isComplete' | 'completed'> {
  const TableName = client.table;
  let isKnownComplete = false;

  async function read(name: 'epoch' | 'peer-state'): Promise<Item> {
    return (await get(nodeKey(name))) ?? itemOf01(name, (await get(nodeKey(NAMES_IN_0_1[name]))) ?? {});
  }

  async function get(Key: Item): Promise<Item | undefined> {
    return (await client.ask(new GetItemCommand({ TableName, Key, ConsistentRead: true }))).Item;
  }

  /** @param set further attributes, as expressions @param by the contents id of the primary that began the epoch */
  async function raise(set: Record<string, string>, epoch: number, by: string): Promise<void> {
    const UpdateExpression = update({ highest: ':epoch', begunBy: ':by', ...set });
    // An epoch of which nobody knows who began it is that of the first one that is heard; nobody begins it anew.
    const isNew = 'attribute_not_exists(#highest) OR #highest < :epoch';
    const ConditionExpression = 'own' in set ? isNew : `${isNew} OR (#highest = :epoch AND #begunBy = :unknown)`;
    const ids = { ':tableId': string(await tableId()), ':by': string(by) };
    const values = { ':epoch': number(epoch), ...ids, ...(!('own' in set) && { ':unknown': string(UNKNOWN) }) };
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
    ...repairLockOf(client),
    epochs,
    async claimEpoch(epoch) {
      // The item may be one of version 0.1, which the condition of the update does not see.
      if ((await epochs()).highest >= epoch) return;
      await raise({ own: ':epoch', tableId: ':tableId' }, epoch, await tableId());
    },

    async raiseEpoch(epoch, by = UNKNOWN) {
      const seen = epochSeen(await epochs());
      const isNews = epoch > seen.epoch || (epoch === seen.epoch && seen.by === undefined && by !== UNKNOWN);
      if (!isNews) return seen;
      await raise({}, epoch, by);
      return epochSeen(await epochs());
    },

    async isComplete() {
      if (isKnownComplete) return true;
      const [id, item] = await Promise.all([tableId(), get(nodeKey('complete'))]);
      // A replica of version 0.1 that has heard of a primary served what it held.
      const { tableId: ofTable } = item ?? (await get(nodeKey(NAMES_IN_0_1['peer-state']))) ?? {};
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
