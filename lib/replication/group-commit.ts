// Writes in flight at the same moment share one request: while one is under way the next ones gather, and go
// together when it returns. A lone write never waits for company. The idea is the group commit of databases
// (DeWitt et al., "Implementation techniques for main memory database systems", 1984).
import { compareStamps, type StoredRecord } from '../record.ts';
import { batches } from './batches.ts';
import type { Breaker } from './breaker.ts';
import type { Contact } from './contact.ts';
import { type Delivery, notTried, type Shipping } from './ship.ts';

interface Waiting {
  /** The newest state of the key: what an older write of it waits for, too. */
  record: StoredRecord;
  readonly waiters: Array<PromiseWithResolvers<Delivery>>;
}

/** Ships a record just written; resolves with what became of it, or of a newer state of its key. */
export type ShipWritten = (record: StoredRecord) => Promise<Delivery>;

export function groupCommit(ship: Shipping['ship'], breaker: Breaker, contact: Contact): ShipWritten {
  const gathering = new Map<string, Waiting>();
  let underWay = false;

  async function run(): Promise<void> {
    underWay = true;
    while (gathering.size > 0) {
      const group = takeGroup(gathering);
      try {
        const deliveries = await ship(group.map(({ record }) => ({ record, failures: 0 })));
        group.forEach(({ waiters }, i) => {
          for (const { resolve } of waiters) resolve(deliveries[i] as Delivery);
        });
      } catch (error) {
        for (const { waiters } of group) for (const { reject } of waiters) reject(error);
      }
    }
    underWay = false;
  }

  return (record) => {
    if (underWay && breaker.state !== 'closed') return Promise.resolve(notTried(contact));
    const waiter = Promise.withResolvers<Delivery>();
    const waiting = gathering.get(record.key);
    if (waiting === undefined) gathering.set(record.key, { record, waiters: [waiter] });
    else {
      if (compareStamps(record, waiting.record) > 0) waiting.record = record;
      waiting.waiters.push(waiter);
    }
    if (!underWay) void run();
    return waiter.promise;
  };
}

function takeGroup(gathering: Map<string, Waiting>): Waiting[] {
  const [group = []] = batches(gathering.values(), ({ record }) => record);
  for (const { record } of group) gathering.delete(record.key);
  return group;
}
