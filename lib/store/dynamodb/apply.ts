// Takes a record of the other node in: the newer stamp wins, and the older of the two is listed if it is divergent. Nearly
// always that is one conditional put, which excludes that what it replaces is divergent.
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { clientKey, divergentKey, isDivergent, isDivergentKey, listing } from '../../divergent.ts';
import { compareStamps, type StoredRecord } from '../../record.ts';
import { ACKNOWLEDGED, initialReplication, isAcknowledged } from '../replication-state.ts';
import type { Replication, Store } from '../store.ts';
import { newLimit, type OperationLimit } from './client.ts';
import { SAME, stampValues, TRIES, unlessRefused, wasMet } from './conditional.ts';
import { contended } from './failure.ts';
import { entryOf, type Item, itemOf } from './item.ts';
import { dismissSeen, type ListedOptions, listedItem, listedOf, nameListed, sameListed } from './listed.ts';
import { ABSENT, conditionalPut, mayBeForgotten, replaceable } from './replaceable.ts';
import { replaceState } from './replication-update.ts';
import { recordKey } from './table.ts';
import { type ConditionalPut, putTogether } from './transaction.ts';

/** The epoch of a message is not looked at: another process may have begun the next one within the last second. */
export function applier(options: ListedOptions): Store['apply'] {
  const { client, read, retentionMs, onListed } = options;
  const { table } = client;
  const asked = (put: ConditionalPut, limit: OperationLimit) => client.ask(new PutItemCommand(put), limit);

  /** Lists a divergent write, unless it is known already: it may have been acknowledged since. */
  const listed = (write: StoredRecord) =>
    conditionalPut(table, itemOf(listing(write, true), initialReplication(0), retentionMs), ABSENT, {});

  /** Replaces an older item, and lists it in the same step if it is divergent. @returns whether it was still as it is */
  async function supersede(old: Item, record: StoredRecord, item: Item, limit: OperationLimit): Promise<boolean> {
    const { record: present } = entryOf(old);
    const isToList = isDivergent(present, record) && !mayBeForgotten(old, record);
    const kinds = [...listedOf(old), ...(isToList ? [recordKey(divergentKey(present)).kind.S] : [])];
    const [same, values] = sameListed(old);
    const condition = `${SAME} AND ${same}`;
    const put = conditionalPut(table, { ...item, ...listedItem(kinds) }, condition, {
      ...stampValues(present),
      ...values,
    });
    const failed = isToList ? await putTogether(client, [put, listed(present)], limit) : undefined;
    if (failed?.includes(0)) return false;
    if (failed?.length === 0) onListed?.(listing(present, true));
    // Alone where there is nothing to list, or where that is listed already.
    const isAlone = failed?.length !== 0;
    if (isAlone && !(await wasMet(asked(put, limit)))) return false;
    // What is listed just now it had not seen.
    if (listedOf(old).length > 0) await dismissSeen(options, record.key, limit);
    return true;
  }

  /** Lists a record that arrives after what superseded it unseen. */
  async function listLate(record: StoredRecord, limit: OperationLimit): Promise<void> {
    const kinds = await nameListed(client, divergentKey(record), limit);
    if (await wasMet(asked(listed(record), limit))) onListed?.(listing(record, true));
    if (kinds.length > 1) await dismissSeen(options, record.key, limit);
  }

  /** The other node has a record that is in the backlog here, unless that has changed since. */
  async function acknowledge(record: StoredRecord, next: Replication, limit: OperationLimit): Promise<void> {
    const command = replaceState(table, record, next, retentionMs, { text: 'attribute_exists(#backlog)' });
    await wasMet(client.ask(command, limit));
  }

  const apply = async (record: StoredRecord, replication: Replication | undefined, limit: OperationLimit) => {
    const item = itemOf(record, replication, retentionMs);
    const put = conditionalPut(table, item, ...replaceable(record));
    for (let i = 0; i < TRIES; i++) {
      const found = await unlessRefused(record.key, limit, () => asked(put, limit), read);
      if (found === true) return 'applied';
      if (found === undefined) continue;
      const { record: present, replication: state } = entryOf(found);
      const order = compareStamps(record, present);
      if (order > 0) {
        if (await supersede(found, record, item, limit)) return 'applied';
        continue;
      }
      if (order === 0 && !isAcknowledged(state)) await acknowledge(present, replication ?? ACKNOWLEDGED, limit);
      if (order < 0 && isDivergent(record, present)) await listLate(record, limit);
      return order === 0 ? 'same' : 'superseded';
    }
    throw contended();
  };

  return async (record, replication) => {
    const limit = newLimit();
    if (!isDivergentKey(record.key) || record.value === undefined) return apply(record, replication, limit);
    // The other node lists a write, which the record that is here may have seen.
    const kinds = await nameListed(client, record.key, limit);
    const outcome = await apply(record, replication, limit);
    if (outcome === 'applied') onListed?.(record);
    if (kinds.length > 0) await dismissSeen(options, clientKey(record.key), limit);
    return outcome;
  };
}
