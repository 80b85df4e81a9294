// Which process of the node repairs: one item with an owner and an end, changed by conditional updates.
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { NodeState } from '../store.ts';
import type { Client } from './client.ts';
import { expression, update } from './expression.ts';
import { failedCondition } from './failure.ts';
import { type Item, number, string } from './item.ts';
import { nodeKey } from './table.ts';

const OWN = '#owner = :owner';
const OVER = '#endsAt <= :now OR #endsAt > :farthest';

type RepairLockState = Pick<NodeState, 'takeRepairLock' | 'renewRepairLock' | 'releaseRepairLock'>;

/** Each change may be asked for twice: it holds for its own owner. */
export function repairLockOf(client: Client): RepairLockState {
  /** @returns whether the condition held */
  async function change(UpdateExpression: string, ConditionExpression: string, values: Item): Promise<boolean> {
    const names = expression([UpdateExpression, ConditionExpression], values);
    const Key = nodeKey('repair-lock');
    try {
      await client.ask(
        new UpdateItemCommand({ TableName: client.table, Key, UpdateExpression, ConditionExpression, ...names }),
      );
      return true;
    } catch (error) {
      if (!failedCondition(error)) throw error;
      return false;
    }
  }

  const held = update({ owner: ':owner', endsAt: ':until' });
  return {
    takeRepairLock: (owner, now, until) =>
      change(held, `attribute_not_exists(#owner) OR ${OWN} OR ${OVER}`, {
        ':owner': string(owner),
        ':now': number(now),
        ':until': number(until),
        ':farthest': number(until + (until - now)),
      }),
    renewRepairLock: (owner, until) => change(held, OWN, { ':owner': string(owner), ':until': number(until) }),
    async releaseRepairLock(owner) {
      await change('REMOVE #owner, #endsAt', OWN, { ':owner': string(owner) });
    },
  };
}
