// Ships the backlog, oldest write first. One record that keeps failing holds up none of the others.
import type { Clock } from '../clock.ts';
import { MAX_BATCH_RECORDS } from '../limits.ts';
import type { Entry, Store } from '../store/store.ts';
import { batches } from './batches.ts';
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
  /** When to stop, in milliseconds of the clock. */
  readonly deadline: number;
}

export interface DrainParts {
  readonly store: Store;
  readonly shipping: Shipping;
  readonly contact: Contact;
  readonly clock: Clock;
}

/**
 * Goes through the backlog once, as it is now.
 * @param report counts along
 * @returns why it stopped early; `undefined` when it got through
 */
export async function drain(
  { store, shipping, contact, clock }: DrainParts,
  { scope, force, deadline }: DrainOptions,
  report: DrainReport,
): Promise<string | undefined> {
  const startedAt = clock.now();
  const isDue = ({ replication }: Entry) => scope === 'all' || (replication?.nextAttemptAt ?? 0) <= startedAt;
  contact.owesBacklog = false;
  contact.retryAt = Number.POSITIVE_INFINITY;

  for await (const entries of backlogPages(store, startedAt)) {
    for (const batch of batches(entries.filter(isDue), ({ record }) => record)) {
      const deliveries = await shipping.ship(batch.map(shipmentOf), force);
      const shipped = deliveries.filter(({ replicated }) => replicated).length;
      report.shipped += shipped;
      report.failed += batch.length - shipped;
      if (contact.owesBacklog) return contact.error ?? 'the replica does not answer';
      if (clock.now() >= deadline) return TIME_IS_UP;
    }
  }
  return undefined;
}

export const TIME_IS_UP = 'time is up; the next repair goes on';

/** Pages of the backlog as it was at `startedAt`: what is written later takes care of itself. */
async function* backlogPages(store: Store, startedAt: number): AsyncGenerator<readonly Entry[]> {
  let cursor: string | undefined;
  do {
    const page = await store.backlog({ limit: MAX_BATCH_RECORDS, ...(cursor !== undefined && { cursor }) });
    yield page.entries;
    const last = page.entries.at(-1);
    cursor = last && last.record.updatedAt <= startedAt ? page.cursor : undefined;
  } while (cursor !== undefined);
}
