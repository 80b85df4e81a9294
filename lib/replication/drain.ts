// Ships the backlog, oldest write first. One record that keeps failing holds up none of the others.
import type { Clock } from '../clock.ts';
import { MAX_BATCH_RECORDS } from '../limits.ts';
import type { Entry, Store } from '../store/store.ts';
import { MAX_BACKOFF_MS } from './backoff.ts';
import { batches, batchSize } from './batches.ts';
import type { Contact } from './contact.ts';
import { type Shipping, shipmentOf } from './ship.ts';

export interface DrainReport {
  /** Records the replica acknowledged. */
  shipped: number;
  /** Records it did not. */
  failed: number;
}

export interface DrainOptions {
  /** Which records: those that are due, or all of them, those of writes under way included. */
  readonly scope: 'due' | 'all';
  /** Try even when the circuit is open. */
  readonly force: boolean;
  /** When to stop, in milliseconds of elapsed time. */
  deadline: number;
}

export interface DrainParts {
  readonly store: Store;
  readonly shipping: Shipping;
  readonly contact: Contact;
  readonly clock: Clock;
  /** See ShippingParts. */
  readonly reignTime: () => number;
}

/**
 * Goes through the backlog once, as it is now.
 * @param report counts along
 * @returns why it stopped early; `undefined` when it got through
 */
export async function drain(
  { store, shipping, contact, clock, reignTime }: DrainParts,
  options: DrainOptions,
  report: DrainReport,
): Promise<string | undefined> {
  contact.owesBacklog = false;
  contact.retryAt = Number.POSITIVE_INFINITY;
  let asOf = reignTime();
  for await (const entries of backlogPages(store)) {
    const now = clock.now();
    const [due, later] = partition(entries, (entry) => options.scope === 'all' || isDue(entry, now));
    for (const { replication } of later) {
      contact.retryAt = Math.min(contact.retryAt, replication?.nextAttemptAt ?? Number.POSITIVE_INFINITY);
    }
    for (const batch of batches(due, ({ record }) => record, batchSize(store))) {
      const { deliveries, unanswered } = await shipping.ship(
        batch.map((entry) => shipmentOf(entry, asOf)),
        options.force,
      );
      const shipped = deliveries.filter(({ replicated }) => replicated).length;
      report.shipped += shipped;
      report.failed += batch.length - shipped;
      if (unanswered !== undefined) return unanswered;
      if (clock.elapsed() >= options.deadline) return TIME_IS_UP;
    }
    asOf = reignTime();
  }
  return undefined;
}

export const TIME_IS_UP = 'time is up; the next repair goes on';

/** A time further ahead than any backoff was set by a clock that has been put back since. */
function isDue({ replication }: Entry, now: number): boolean {
  const at = replication?.nextAttemptAt ?? 0;
  return at <= now || at > now + MAX_BACKOFF_MS;
}

/** Pages of the backlog, as many records as there are now: what is written later takes care of itself. */
async function* backlogPages(store: Store): AsyncGenerator<readonly Entry[]> {
  let { count: left } = await store.backlogSize();
  let cursor: string | undefined;
  while (left > 0) {
    const page = await store.backlog({ limit: MAX_BATCH_RECORDS, ...(cursor !== undefined && { cursor }) });
    yield page.entries;
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
