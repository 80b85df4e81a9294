// Stores the outcome of shipping a record in its item, unless the item has changed since.
import { isDeepStrictEqual } from 'node:util';
import { compareStamps } from '../../record.ts';
import { ACKNOWLEDGED, settled } from '../replication-state.ts';
import type { Replication, Store } from '../store.ts';
import { type Client, newLimit } from './client.ts';
import { type ReadItem, TRIES, unlessRefused } from './conditional.ts';
import { contended } from './failure.ts';
import { entryOf, type Item } from './item.ts';
import { replaceState, type StateCondition } from './replication-update.ts';

/** The state that an item is expected to have, and its attributes as they are stored, for the condition. */
interface Expected {
  readonly replication: Replication;
  readonly stored: Partial<Pick<Item, 'status' | 'attempts'>>;
}

/** Nearly always it is the first attempt of a record that nobody else ships: no need to read the item. */
const NEVER_TRIED: Expected = {
  replication: { status: 'pending', attempts: [] },
  stored: { status: { S: 'pending' } },
};

export function settler(client: Client, retentionMs: number, read: ReadItem): Store['settle'] {
  return async (record, attempt, nextAttemptAt) => {
    let expected = NEVER_TRIED;
    const limit = newLimit();
    for (let i = 0; i < TRIES; i++) {
      const next = settled(expected.replication, attempt, nextAttemptAt);
      if (next === expected.replication) return;
      const command = replaceState(client.table, record, next, retentionMs, unchanged(expected));
      const found = await unlessRefused(record.key, limit, () => client.ask(command, limit), read);
      if (found === true || found === undefined) return;
      const { record: present, replication = ACKNOWLEDGED } = entryOf(found);
      if (compareStamps(present, record) !== 0) return;
      if (replication.attempts.some((each) => isDeepStrictEqual(each, attempt))) return;
      const { status, attempts } = found;
      expected = { replication, stored: { ...(status && { status }), ...(attempts && { attempts }) } };
    }
    throw contended();
  };
}

/** The item has the state that it is expected to have. */
function unchanged({ stored: { status, attempts } }: Expected): StateCondition {
  return {
    text: [
      status ? '#status = :statusBefore' : 'attribute_not_exists(#status)',
      attempts ? '#attempts = :attemptsBefore' : 'attribute_not_exists(#attempts)',
    ].join(' AND '),
    values: { ...(status && { ':statusBefore': status }), ...(attempts && { ':attemptsBefore': attempts }) },
  };
}
