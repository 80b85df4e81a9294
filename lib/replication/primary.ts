// The primary's side of replication: the write, step by step (docs/protocol.md), and repair.
import type { Clock } from '../clock.ts';
import { TandemError } from '../errors.ts';
import { LEASE_MS } from '../limits.ts';
import type { Log } from '../log.ts';
import { isLive, type StoredRecord } from '../record.ts';
import type { Change, Condition, Store, WriteResult } from '../store/store.ts';
import { createBreaker } from './breaker.ts';
import { type Contact, isFenced } from './contact.ts';
import { groupCommit } from './group-commit.ts';
import type { NoteKeeper } from './note.ts';
import type { Peer } from './peer.ts';
import type { Reign } from './reign.ts';
import { createRepair, type RepairReport } from './repair.ts';
import { createShipping, type Delivery } from './ship.ts';

/** So many requests in a row must fail before writes stop waiting for the replica … */
const BREAKER_FAILURES = 3;
/** … and so long they do not wait, until one of them tries again. */
const BREAKER_OPEN_MS = 2000;
/** The write that finds the replica answering again waits at most so long for the backlog to follow it. */
const KICK_WAIT_MS = 250;
/** What a write has set off ends after so long. */
const KICK_MS = 50_000;
/** A comparison that a write has set off and that failed is not tried by another one for so long. */
const COMPARE_AGAIN_MS = 10_000;

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
   * @throws TandemError `precondition_failed`, `key_not_found` (nothing to delete), `store_full`, and `not_primary`
   * once the replica has said that another primary took over
   */
  write(request: WriteRequest): Promise<Written>;
  /**
   * Ships the backlog, then compares the nodes and mends what differs.
   * @param limitMs when to stop; what is left is for the next repair
   * @param unlessComparedSince ships the backlog only, if a comparison has got through after this time (milliseconds)
   * and there is no reason for another
   */
  repair(limitMs: number, unlessComparedSince?: number): Promise<RepairReport>;
}

export interface PrimaryParts {
  readonly store: Store;
  readonly peer: Peer;
  readonly clock: Clock;
  /** A number from 0 to below 1. */
  readonly random: () => number;
  readonly log: Log;
  readonly reign: Reign;
  /** What is known of the replica at the start. */
  readonly contact: Contact;
  /** Where others must learn of it. */
  readonly note?: NoteKeeper;
  /** A record that has been deleted or expired for so long (milliseconds) is forgotten. */
  readonly retentionMs: number;
}

export function createPrimary(parts: PrimaryParts): Primary {
  const { store, clock, log, reign, contact, note } = parts;
  const breaker = createBreaker(BREAKER_FAILURES, BREAKER_OPEN_MS);
  let latest = 0;
  const reignTime = () => {
    latest = Math.max(latest, clock.now());
    return latest;
  };
  const shipping = createShipping({ ...parts, reignTime, breaker });
  const shipWritten = groupCommit(shipping.ship, breaker, contact, clock);
  const repair = createRepair({ ...parts, reignTime, shipping });

  /** What is owed goes along with a write that finds the replica answering, for as long as the write can wait. */
  async function bringAlong(): Promise<void> {
    const { owesBacklog, retryAt } = contact;
    const compare = contact.owesComparison && clock.elapsed() >= contact.compareAgainAt;
    if (repair.isUnderWay || !(owesBacklog || compare || clock.now() >= retryAt)) return;
    await Promise.race([follow(owesBacklog ? 'all' : 'due', compare), clock.sleep(KICK_WAIT_MS)]);
  }

  async function follow(scope: 'due' | 'all', compare: boolean): Promise<void> {
    try {
      // Another process may have compared since this one came to owe it.
      if (compare) await note?.read();
      const isOwed = compare && contact.owesComparison;
      await repair.run({ scope, force: false, compare: isOwed, deadline: clock.elapsed() + KICK_MS });
      // The write that has set it off may have been answered long ago.
      await note?.keep(breaker.state);
    } catch (error) {
      log.error('a repair failed', {}, error);
    }
    if (compare && contact.owesComparison) contact.compareAgainAt = clock.elapsed() + COMPARE_AGAIN_MS;
  }

  /** What cannot be noted now is noted by the next write, or repair. */
  async function noteNews(): Promise<void> {
    try {
      await note?.keep(breaker.state);
    } catch (error) {
      log.error('what is known of the replica could not be noted', {}, error);
    }
  }

  /** The record is stored: whatever goes wrong from here on is told, not thrown. */
  async function deliver(record: StoredRecord): Promise<Delivery> {
    try {
      const delivery = await shipWritten(record);
      if (delivery.replicated) await bringAlong();
      await noteNews();
      return delivery;
    } catch (error) {
      log.error('the status of a write could not be noted', {}, error);
      contact.owesBacklog = true;
      return {
        replicated: false,
        tried: false,
        error: 'the store did not take its status; a repair will ship it',
      };
    }
  }

  /** @throws TandemError `not_primary` when this primary was replaced */
  async function writeInReign(change: Omit<Change, 'epoch'>): Promise<Exclude<WriteResult, { outcome: 'outdated' }>> {
    if (isFenced(contact, reign.epoch)) throw fenced(store, reign.epoch, contact.fencedBy as number);
    let result = await store.write({ ...change, epoch: reign.epoch });
    if (result.outcome === 'outdated') {
      await reign.renew(true);
      result = await store.write({ ...change, epoch: reign.epoch });
    }
    if (result.outcome === 'outdated') throw fenced(store, reign.epoch, result.epoch);
    return result;
  }

  return {
    get epoch() {
      return reign.epoch;
    },
    contact,
    get breaker() {
      return breaker.state;
    },

    async write({ key, value, ttl, condition }) {
      await reign.renew();
      const now = clock.now();
      const change = {
        key,
        now,
        updatedAt: reignTime(),
        leaseUntil: now + LEASE_MS,
        ...(value !== undefined && { value }),
        ...(ttl !== undefined && { expiresAt: now + ttl * 1000 }),
        ...(condition !== undefined && { condition }),
      };
      const result = await writeInReign(change).catch((error) => {
        // The store may have done it all the same: then nobody ships it but whoever goes through the backlog.
        if (error instanceof TandemError && error.code === 'store_unavailable') contact.owesBacklog = true;
        throw error;
      });
      if (result.outcome === 'refused') throw refusal(key, value === undefined, result.current?.record, now);
      const { record } = result.entry;
      return { record, created: result.created, delivery: await deliver(record) };
    },

    async repair(limitMs, unlessComparedSince = Number.POSITIVE_INFINITY) {
      const deadline = clock.elapsed() + limitMs;
      await Promise.all([reign.renew(), note?.read()]);
      const { owesComparison, comparedAt = 0 } = contact;
      // One in the future was made before the clock was put back.
      const compare = owesComparison || comparedAt <= unlessComparedSince || comparedAt > clock.now();
      const report = await repair.run({ scope: 'all', force: true, compare, deadline });
      await note?.keep(breaker.state, true);
      return report;
    },
  };
}

function refusal(key: string, isDeletion: boolean, current: StoredRecord | undefined, now: number): TandemError {
  const live = current && isLive(current, now) ? current : undefined;
  if (isDeletion && !live) return new TandemError('key_not_found', `There is no key '${key}' to delete.`);
  const found = live ? `The key is at version ${live.version}.` : 'The key does not exist.';
  const detail = `${found} Read it again, and send the condition that fits what you find.`;
  return new TandemError('precondition_failed', detail, { currentVersion: live?.version ?? null });
}

function fenced({ durable }: Store, epoch: number, by: number): TandemError {
  const orElse = durable ? 'and make this one its replica' : 'or start this one again, and it takes over';
  const detail = `This primary (epoch ${epoch}) was replaced by one of epoch ${by} and takes no more writes. Use that one, ${orElse}.`;
  return new TandemError('not_primary', detail, { fencedBy: by });
}
