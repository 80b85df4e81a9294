// The role of the node: one item, which all its processes change by conditional updates. It names the table, since in a
// table that was restored from a backup the item is that of another one: what it says is not true of it.
import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import { nodeCrypto } from '../../builtin.ts';
import type { RoleState, Store } from '../store.ts';
import { type Client, newLimit, type OperationLimit } from './client.ts';
import { TRIES } from './conditional.ts';
import { expression, update } from './expression.ts';
import { contended, failedCondition, Unanswered, unavailable } from './failure.ts';
import { type Item, number, string, textIn } from './item.ts';
import { nodeKey } from './table.ts';

const Kept: v.GenericSchema<unknown, RoleState> = v.object({
  role: v.picklist(['primary', 'replica']),
  term: v.number(),
  switching: v.exactOptional(v.object({ id: v.string(), until: v.number() })),
  grant: v.exactOptional(v.object({ to: v.string(), epoch: v.number() })),
  given: v.exactOptional(v.number()),
});

/** @param tableId names this very table */
export function roleStateOf(client: Client, tableId: () => Promise<string>): Pick<Store, 'roleState' | 'setRoleState'> {
  const TableName = client.table;
  const Key = nodeKey('role');

  /** The item, if it is of this table. */
  async function read(limit?: OperationLimit): Promise<Item | undefined> {
    const [id, { Item }] = await Promise.all([
      tableId(),
      client.ask(new GetItemCommand({ TableName, Key, ConsistentRead: true }), limit),
    ]);
    return Item?.tableId?.S === id ? Item : undefined;
  }

  return {
    async roleState() {
      const item = await read();
      if (!item) return { revision: 0 };
      return { revision: revisionIn(item), state: v.parse(Kept, JSON.parse(textIn(item, 'state'))) };
    },

    /** A change whose answer was lost is recognised by its id: it may not be called refused when it was done. */
    async setRoleState(state, revision) {
      const limit = newLimit();
      const changeId = nodeCrypto().randomBytes(9).toString('base64url');
      const command = changeOf(TableName, await tableId(), state, revision, changeId);
      let lost: Unanswered | undefined;
      for (let i = 0; i < TRIES; i++) {
        try {
          await client.askOnce(command, limit);
          return true;
        } catch (error) {
          if (error instanceof Unanswered) lost = error;
          else if (!failedCondition(error)) throw error;
          else if (!lost) return false;
        }
        const item = await read(limit);
        if (item?.changeId?.S === changeId) return true;
        const now = item ? revisionIn(item) : 0;
        // Another change was made in its place. After a later one it is not known which of them came first.
        if (now === revision + 1) return false;
        if (now !== revision) throw unavailable(lost);
      }
      throw contended();
    },
  };
}

/** Only one change can follow a revision. */
function changeOf(
  TableName: string,
  tableId: string,
  state: RoleState,
  revision: number,
  changeId: string,
): UpdateItemCommand {
  const UpdateExpression = update({
    revision: ':next',
    state: ':state',
    tableId: ':tableId',
    changeId: ':changeId',
  });
  const ConditionExpression =
    revision === 0
      ? 'attribute_not_exists(#tableId) OR #tableId <> :tableId'
      : '#tableId = :tableId AND #revision = :revision';
  return new UpdateItemCommand({
    TableName,
    Key: nodeKey('role'),
    UpdateExpression,
    ConditionExpression,
    ...expression([UpdateExpression, ConditionExpression], {
      ':next': number(revision + 1),
      ':revision': number(revision),
      ':state': string(JSON.stringify(state)),
      ':tableId': string(tableId),
      ':changeId': string(changeId),
    }),
  });
}

function revisionIn(item: Item): number {
  return Number(item.revision?.N);
}
