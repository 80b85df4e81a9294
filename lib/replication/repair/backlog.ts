// Ships the backlog, oldest write first. One record that keeps failing holds up none of the others.
import { MAX_BATCH_RECORDS } from '../../limits.ts';
import type { Entry } from '../../store/store.ts';
import type { Deadline, PrimaryPair } from '../pair.ts';
import { MAX_BACKOFF_MS } from '../shipping/backoff.ts';
import { batches, batchSize } from '../shipping/batches.ts';
import type { Shipping } from '../shipping/ship.ts';
import { shipmentOf } from '../shipping/shipment.ts';

export interface BacklogReport {
  /** Records that the replica acknowledged. */
  shipped: number;
  /** Records that it did not. */
  failed: number;
}

export interface BacklogOptions extends Deadline {
  /** Which records: those that are due, or all of them, those of writes under way included. */
  readonly scope: 'due' | 'all';
  /** Try even when the circuit is open. */
  readonly force: boolean;
}

export const TIME_IS_UP = 'time is up; the next repair goes on';

/**
 * Goes through the backlog once, as it is now.
 * @param report counts along
 * @param scope which records, where that is not what the options say
 * @returns why it stopped early; `undefined` when it got through
 */
export async function shipBacklog(
  pair: PrimaryPair,
  shipping: Shipping,
  options: BacklogOptions,
  report: BacklogReport,
  scope = options.scope,
): Promise<string | undefined> {
  const { store, clock, replicaState } = pair;
  replicaState.backlogStarted();
  for await (const { entries, epoch } of backlogPages(pair)) {
    const now = clock.now();
    const [due, later] = partition(entries, (entry) => scope === 'all' || isDue(entry, now));
    for (const { replication } of later) {
      if (replication?.nextAttemptAt !== undefined) replicaState.recordDue(replication.nextAttemptAt);
    }
    for (const batch of batches(due, ({ record }) => record, batchSize(store))) {
      const shipments = batch.map((entry) => shipmentOf(entry, epoch));
      const { results, unanswered } = await shipping.ship(shipments, options.force);
      const shipped = results.filter(({ delivery }) => delivery.replicated).length;
      report.shipped += shipped;
      report.failed += batch.length - shipped;
      if (unanswered !== undefined) return unanswered;
      if (clock.elapsed() >= options.deadline) {
        replicaState.requireBacklog();
        return TIME_IS_UP;
      }
    }
  }
  return undefined;
}

/** A time further ahead than any backoff was set by a clock that has been put back since. */
function isDue({ replication }: Entry, now: number): boolean {
  const at = replication?.nextAttemptAt ?? 0;
  return at <= now || at > now + MAX_BACKOFF_MS;
}

interface BacklogPage {
  readonly entries: readonly Entry[];
  /** The epoch that was current when they were read. */
  readonly epoch: number;
}

/** Pages over the number of records that there are at the start; later writes ship themselves. */
async function* backlogPages({ store, currentEpoch }: PrimaryPair): AsyncGenerator<BacklogPage> {
  let { count: left } = await store.backlogSize();
  let cursor: string | undefined;
  while (left > 0) {
    const epoch = currentEpoch.value;
    const page = await store.backlog({ limit: MAX_BATCH_RECORDS, ...(cursor !== undefined && { cursor }) });
    yield { entries: page.entries, epoch };
    left -= page.entries.length;
    cursor = page.cursor;
    if (cursor === undefined) return;
  }
}

function partition<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  const [yes, no]: [T[], T[]] = [[], []];
  for (const item of items) (test(item) ? yes : no).push(item);
  return [yes, no];
}
