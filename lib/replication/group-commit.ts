// Writes in flight at the same moment share one request: while one is under way the next ones gather, and go
// together when it returns. A lone write never waits for company. The idea is the group commit of databases
// (DeWitt et al., "Implementation techniques for main memory database systems", 1984).
import type { Clock } from '../clock.ts';
import { compareStamps, type StoredRecord } from '../record.ts';
import { batches } from './batches.ts';
import type { Breaker } from './breaker.ts';
import type { Contact } from './contact.ts';
import { type Delivery, leaveToBacklog, type Shipping } from './ship.ts';

/** A write gathers for so long at most: for about one request under way. Then it is left to the backlog. */
const GATHER_MS = 2000;

interface Waiting {
  /** The newest state of the key: what an older write of it waits for, too. */
  record: StoredRecord;
  readonly waiters: Array<PromiseWithResolvers<Delivery>>;
  /** Since when its first write waits, in milliseconds of elapsed time. */
  readonly since: number;
}

/** Ships a record just written; resolves with what became of it, or of a newer state of its key. */
export type ShipWritten = (record: StoredRecord) => Promise<Delivery>;

export function groupCommit(ship: Shipping['ship'], breaker: Breaker, contact: Contact, clock: Clock): ShipWritten {
  const gathering = new Map<string, Waiting>();
  let underWay = false;

  async function run(): Promise<void> {
    underWay = true;
    while (gathering.size > 0) {
      const group = takeGroup(gathering);
      try {
        const { deliveries } = await ship(group.map(({ record }) => ({ record, failures: 0, asOf: record.updatedAt })));
        group.forEach(({ waiters }, i) => {
          for (const { resolve } of waiters) resolve(deliveries[i] as Delivery);
        });
        giveUpOld();
      } catch (error) {
        for (const { waiters } of group) for (const { reject } of waiters) reject(error);
      }
    }
    underWay = false;
  }

  /** What has waited too long and was in none of the groups is left to the backlog. */
  function giveUpOld(): void {
    const oldest = clock.elapsed() - GATHER_MS;
    for (const [key, { waiters, since }] of gathering) {
      if (since > oldest) break;
      gathering.delete(key);
      for (const { resolve } of waiters) resolve(leaveToBacklog(contact));
    }
  }

  return (record) => {
    if (underWay && breaker.state !== 'closed') return Promise.resolve(leaveToBacklog(contact));
    const waiter = Promise.withResolvers<Delivery>();
    const waiting = gathering.get(record.key);
    if (waiting === undefined) gathering.set(record.key, { record, waiters: [waiter], since: clock.elapsed() });
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
