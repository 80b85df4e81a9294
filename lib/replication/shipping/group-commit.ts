// Writes in flight at the same moment share one request: while one is under way the next writes gather, and go
// together when it returns. A request leaves as soon as a turn of the event loop brings no more of them: a lone write waits for
// nobody. The idea is the group commit of databases
// (DeWitt et al., "Implementation techniques for main memory database systems", 1984).
import type { Clock } from '../../clock.ts';
import { compareStamps, type StoredRecord } from '../../record.ts';
import { batches } from './batches.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import type { Delivery, Shipping } from './ship.ts';
import type { Shipment } from './shipment.ts';

/** Turns of the event loop in which writes may still join a request that could leave. */
const MAX_TURNS = 10;
/** How long a write gathers at most, in milliseconds: for one request under way. Then it is left to the backlog. */
const GATHER_MS = 2000;

interface Waiting extends Shipment {
  /** The newest state of the key: an older write of it waits for this one, too. */
  record: StoredRecord;
  epoch: number;
  readonly waiters: Array<PromiseWithResolvers<Delivery>>;
  /** When its first write began to wait, in milliseconds of elapsed time. */
  readonly since: number;
}

/** Ships a record just written; resolves with what became of it, or of a newer state of its key. */
export type ShipWritten = (record: StoredRecord) => Promise<Delivery>;

export function groupCommit({ ship, leave }: Shipping, breaker: CircuitBreaker, clock: Clock): ShipWritten {
  const gathering = new Map<string, Waiting>();
  let underWay = false;

  async function run(): Promise<void> {
    underWay = true;
    while (gathering.size > 0) {
      await untilNoMoreCome();
      const batch = takeBatch(gathering);
      try {
        const { results } = await ship(batch);
        for (const { shipment, delivery } of results) {
          for (const { resolve } of shipment.waiters) resolve(delivery);
        }
        giveUpOld();
      } catch (error) {
        for (const { waiters } of batch) for (const { reject } of waiters) reject(error);
      }
    }
    underWay = false;
  }

  /** Clients that were answered together write again together, and their writes arrive within a few turns. */
  async function untilNoMoreCome(): Promise<void> {
    let before = 0;
    for (let turn = 0; turn < MAX_TURNS && gathering.size > before; turn++) {
      before = gathering.size;
      await clock.sleep(0);
    }
  }

  /** Leaves to the backlog what has waited too long and was in none of the batches. */
  function giveUpOld(): void {
    const oldest = clock.elapsed() - GATHER_MS;
    const old = [...gathering.values()].filter(({ since }) => since <= oldest);
    if (old.length === 0) return;
    const delivery = leave(old.map(({ record }) => record));
    for (const { record, waiters } of old) {
      gathering.delete(record.key);
      for (const { resolve } of waiters) resolve(delivery);
    }
  }

  return (record) => {
    if (underWay && breaker.state !== 'closed') return Promise.resolve(leave([record]));
    const waiter = Promise.withResolvers<Delivery>();
    const waiting = gathering.get(record.key);
    if (waiting === undefined) {
      const first = { record, failures: 0, epoch: record.epoch, waiters: [waiter], since: clock.elapsed() };
      gathering.set(record.key, first);
    } else {
      if (compareStamps(record, waiting.record) > 0) {
        waiting.record = record;
        waiting.epoch = record.epoch;
      }
      waiting.waiters.push(waiter);
    }
    if (!underWay) void run();
    return waiter.promise;
  };
}

function takeBatch(gathering: Map<string, Waiting>): Waiting[] {
  const [batch = []] = batches(gathering.values(), ({ record }) => record);
  for (const { record } of batch) gathering.delete(record.key);
  return batch;
}
