// Ships the backlog, oldest write first. One record that keeps failing holds up none of the others.
import type { Clock } from '../clock.ts';
import { MAX_BATCH_RECORDS } from '../limits.ts';
import type { Entry, Store } from '../store/store.ts';
import { batches } from './batches.ts';
import type { Contact } from './contact.ts';
import type { Ship } from './ship.ts';

export interface DrainReport {
  /** Records the replica acknowledged. */
  shipped: number;
  /** Records it did not. */
  failed: number;
  /** Records left for later: not due yet, or not reached in time. */
  remaining: number;
  /** Why it ended early. Absent: the whole backlog was gone through. */
  stoppedBy?: string;
}

export interface DrainOptions {
  /** Which records: those that are due, or all of them, those of writes under way included. */
  readonly scope: 'due' | 'all';
  /** Try even when the circuit is open. */
  readonly force: boolean;
  /** When to stop, in milliseconds of the clock. */
  readonly deadline: number;
}

export type Drain = (options: DrainOptions) => Promise<DrainReport>;

export interface DrainParts {
  readonly store: Store;
  readonly ship: Ship;
  readonly contact: Contact;
  readonly clock: Clock;
}

/** Drains run one at a time: a second call joins the one under way. */
export function createDrain({ store, ship, contact, clock }: DrainParts): Drain {
  let underWay: Promise<DrainReport> | undefined;

  async function drain({ scope, force, deadline }: DrainOptions): Promise<DrainReport> {
    const startedAt = clock.now();
    const report: DrainReport = { shipped: 0, failed: 0, remaining: 0 };
    const isDue = ({ replication }: Entry) => scope === 'all' || (replication?.nextAttemptAt ?? 0) <= startedAt;
    contact.owesBacklog = false;
    contact.retryAt = Number.POSITIVE_INFINITY;

    for await (const entries of backlogPages(store, startedAt)) {
      for (const batch of batches(entries.filter(isDue), ({ record }) => record)) {
        const deliveries = await ship(
          batch.map(({ record, replication }) => ({ record, failures: replication?.attempts.length ?? 0 })),
          force,
        );
        const shipped = deliveries.filter(({ replicated }) => replicated).length;
        report.shipped += shipped;
        report.failed += batch.length - shipped;
        if (contact.owesBacklog) report.stoppedBy = contact.error ?? 'the replica does not answer';
        else if (clock.now() >= deadline) report.stoppedBy = 'time is up';
        if (report.stoppedBy !== undefined) break;
      }
      if (report.stoppedBy !== undefined) break;
    }
    report.remaining = (await store.backlogSize()).count;
    return report;
  }

  return (options) => {
    underWay ??= drain(options).finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
}

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
