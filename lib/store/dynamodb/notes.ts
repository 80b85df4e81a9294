// Notes: short texts beside the records, one item each, which all processes of the node change by conditional updates. An
// item names the table, since in a table that was restored from a backup it is that of another one: what it says is not true
// of this one.
import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { nodeCrypto } from '../../builtin.ts';
import type { KeptNote, NoteName } from '../store.ts';
import { type Client, newLimit, type OperationLimit } from './client.ts';
import { TRIES } from './conditional.ts';
import { expression, update } from './expression.ts';
import { contended, failedCondition, Unanswered, unavailable } from './failure.ts';
import { type Item, number, string, textIn } from './item.ts';
import { nodeKey } from './table.ts';
import { NAMES_IN_0_1, noteOf01 } from './version-0-1.ts';

export interface Notes {
  note(name: NoteName | 'role'): Promise<KeptNote>;
  keepNote(name: NoteName | 'role', text: string, revision: number): Promise<boolean>;
}

/** @param tableId names this very table */
export function notesOf(client: Client, tableId: () => Promise<string>): Notes {
  const TableName = client.table;

  /** An item, if it is of this table. @returns absent also: there is none at all */
  async function read(
    name: Parameters<typeof nodeKey>[0],
    limit?: OperationLimit,
  ): Promise<{ absent: boolean; item?: Item }> {
    const command = new GetItemCommand({ TableName, Key: nodeKey(name), ConsistentRead: true });
    const [id, { Item }] = await Promise.all([tableId(), client.ask(command, limit)]);
    return { absent: Item === undefined, ...(Item?.tableId?.S === id && { item: Item }) };
  }

  /** What version 0.1 has noted. */
  async function before(name: NoteName): Promise<KeptNote> {
    const { item } = await read(NAMES_IN_0_1[name]);
    return { revision: 0, ...(item && { text: noteOf01(item) }) };
  }

  return {
    async note(name) {
      const { absent, item } = await read(name);
      if (item) return { revision: revisionIn(item), text: textIn(item, 'text') };
      return absent && name !== 'role' ? before(name) : { revision: 0 };
    },

    /** A change whose answer was lost is recognised by its id: it may not be called refused when it was done. */
    async keepNote(name, text, revision) {
      const limit = newLimit();
      const changeId = nodeCrypto().randomBytes(9).toString('base64url');
      const set = {
        next: number(revision + 1),
        revision: number(revision),
        text: string(text),
        tableId: string(await tableId()),
        changeId: string(changeId),
      };
      const command = new UpdateItemCommand({ TableName, Key: nodeKey(name), ...changeOf(set, revision === 0) });
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
        const { item } = await read(name, limit);
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

/** Only one change can follow a revision. @param values by the name that the expressions have for each */
function changeOf(values: Item, isFirst: boolean) {
  const UpdateExpression = update({ revision: ':next', text: ':text', tableId: ':tableId', changeId: ':changeId' });
  const ConditionExpression = isFirst
    ? 'attribute_not_exists(#tableId) OR #tableId <> :tableId'
    : '#tableId = :tableId AND #revision = :revision';
  const named = Object.fromEntries(Object.entries(values).map(([name, value]) => [`:${name}`, value]));
  return {
    UpdateExpression,
    ConditionExpression,
    ...expression([UpdateExpression, ConditionExpression], named),
  };
}

function revisionIn(item: Item): number {
  return Number(item.revision?.N);
}
