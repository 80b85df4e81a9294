// The primary's side of replication: the write, step by step (docs/protocol.md), and repair.
import type { Clock } from '../clock.ts';
import { TandemError } from '../errors.ts';
import type { Log } from '../log.ts';
import { isLive, type StoredRecord } from '../record.ts';
import type { Condition, Store } from '../store/store.ts';
import { createBreaker } from './breaker.ts';
import { type Contact, noContact } from './contact.ts';
import { createDrain, type DrainReport } from './drain.ts';
import { groupCommit } from './group-commit.ts';
import type { Peer } from './peer.ts';
import { createShip, type Delivery } from './ship.ts';

/** So many requests in a row must fail before writes stop waiting for the replica … */
const BREAKER_FAILURES = 3;
/** … and so long they do not wait, until one of them tries again. */
const BREAKER_OPEN_MS = 2000;
/** The write that finds the replica answering again waits at most so long for the backlog to follow it. */
const KICK_WAIT_MS = 250;
/** One repair ends after so long: within the 29 s a Lambda function has. */
const REPAIR_MS = 20_000;
/** A write ships its own record for so long at most; then a repair may. */
const LEASE_MS = 10_000;

export interface WriteRequest {
  readonly key: string;
  /** JSON text. Absent: delete. */
  readonly value?: string;
  /** Seconds until it expires. */
  readonly ttl?: number;
  readonly condition?: Condition;
}

export interface Written {
  readonly record: StoredRecord;
  /** Whether the key had no live value before. */
  readonly created: boolean;
  readonly delivery: Delivery;
}

export interface Primary {
  /** The epoch of this reign, in milliseconds. */
  readonly epoch: number;
  readonly contact: Readonly<Contact>;
  readonly breaker: 'closed' | 'open' | 'half_open';
  /**
   * Writes or deletes, and ships the record. Once it is stored nothing the replica does makes this fail.
   * @throws TandemError `precondition_failed`, `key_not_found` (nothing to delete), `store_full`
   */
  write(request: WriteRequest): Promise<Written>;
  /** Ships the backlog, in 20 s at most: all of it, or the records that are due. */
  repair(scope: 'due' | 'all'): Promise<DrainReport>;
}

export interface PrimaryParts {
  readonly store: Store;
  readonly peer: Peer;
  readonly clock: Clock;
  /** A number from 0 to below 1. */
  readonly random: () => number;
  readonly log: Log;
  /** The epoch of this reign, in milliseconds. */
  readonly epoch: number;
}

export function createPrimary({ store, peer, clock, random, log, epoch }: PrimaryParts): Primary {
  const contact = noContact();
  const breaker = createBreaker(BREAKER_FAILURES, BREAKER_OPEN_MS);
  const ship = createShip({ store, peer, breaker, contact, clock, random, epoch });
  const shipWritten = groupCommit(ship, breaker, contact);
  const drain = createDrain({ store, ship, contact, clock });

  /** The backlog goes along with a write that finds the replica answering, for as long as the write can wait. */
  async function bringBacklog(): Promise<void> {
    const now = clock.now();
    if (!contact.owesBacklog && now < contact.retryAt) return;
    const drained = drain({ scope: contact.owesBacklog ? 'all' : 'due', force: false, deadline: now + REPAIR_MS });
    await Promise.race([drained, clock.sleep(KICK_WAIT_MS)]);
  }

  /** The record is stored: whatever goes wrong from here on is told, not thrown. */
  async function deliver(record: StoredRecord): Promise<Delivery> {
    try {
      const delivery = await shipWritten(record);
      if (delivery.replicated) await bringBacklog();
      return delivery;
    } catch (error) {
      log.error('the status of a write could not be noted', {}, error);
      return { replicated: false, tried: false, error: 'the store did not take its status; a repair will ship it' };
    }
  }

  return {
    epoch,
    contact,
    get breaker() {
      return breaker.state;
    },

    async write({ key, value, ttl, condition }) {
      const now = clock.now();
      const result = await store.write({
        key,
        epoch,
        now,
        leaseUntil: now + LEASE_MS,
        ...(value !== undefined && { value }),
        ...(ttl !== undefined && { expiresAt: now + ttl * 1000 }),
        ...(condition !== undefined && { condition }),
      });
      if (result.outcome === 'refused') throw refusal(key, value === undefined, result.current?.record, now);
      const { record } = result.entry;
      return { record, created: result.created, delivery: await deliver(record) };
    },

    repair: (scope) => drain({ scope, force: true, deadline: clock.now() + REPAIR_MS }),
  };
}

function refusal(key: string, isDeletion: boolean, current: StoredRecord | undefined, now: number): TandemError {
  const live = current && isLive(current, now) ? current : undefined;
  if (isDeletion && !live) return new TandemError('key_not_found', `There is no key '${key}' to delete.`);
  const found = live ? `The key is at version ${live.version}.` : 'The key does not exist.';
  const detail = `${found} Read it again, and send the condition that fits what you find.`;
  return new TandemError('precondition_failed', detail, { currentVersion: live?.version ?? null });
}
