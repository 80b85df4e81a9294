// The primary's side of replication: the write, step by step (docs/protocol.md), and repair.
import { excerpt, TandemError } from '../errors.ts';
import { IN_FLIGHT_MS } from '../limits.ts';
import { HANDSHAKE_TIMEOUT_MS, PeerError } from '../peer/peer.ts';
import type { Handshake } from '../peer/wire.ts';
import { isLive, type StoredRecord } from '../record.ts';
import type { Change, Condition, WriteResult } from '../store/store.ts';
import type { Log } from '../telemetry/log.ts';
import { nameOf } from '../telemetry/named-record.ts';
import { type FollowUp, followUp } from './follow-up.ts';
import { ledEpoch } from './led-epoch.ts';
import { mayLackRecords } from './may-lack-records.ts';
import { askReplica, getToKnow } from './meet.ts';
import type { PrimaryPair } from './pair.ts';
import { LOCK_WAIT_MS, type RepairLock } from './repair/lock.ts';
import { createRepair, leftToAnother, type RepairReport } from './repair/repair.ts';
import { isComparisonDue, type ReplicaFacts, statusNow } from './replica-state.ts';
import type { SharedReplicaState } from './shared-replica-state.ts';
import { type CircuitBreaker, type CircuitState, createCircuitBreaker } from './shipping/circuit-breaker.ts';
import { groupCommit, type ShipWritten } from './shipping/group-commit.ts';
import { GONE } from './shipping/send.ts';
import { createShipping, type Delivery } from './shipping/ship.ts';

/** Requests in a row that must fail before writes stop waiting for the replica. */
const BREAKER_FAILURES = 3;
/** How long writes do not wait then, in milliseconds, until one of them tries again. */
const BREAKER_OPEN_MS = 2000;

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
  /** In milliseconds. */
  readonly epoch: number;
  /** What is known of the replica. */
  readonly replicaFacts: ReplicaFacts;
  readonly circuit: CircuitState;
  /**
   * Learns what the replica has answered about itself. The refill of one that lost its contents starts at once.
   * @param said the answer of the node that is asked under the address of the replica
   */
  hear(said: Handshake): Promise<void>;
  /** A node that calls itself the replica has started. If that is news, the replica is asked under its address. */
  announced(said: Handshake): Promise<void>;
  /** The replica has just said that it is there: its backlog is shipped at once. */
  catchUp(): Promise<void>;
  /** An operator takes what the replica may hold, and this primary does not, for lost. */
  takeAbsenceForTrue(): Promise<void>;
  /** Resolves when the writes that are under way are stored. */
  untilStored(): Promise<void>;
  /**
   * Writes or deletes, and ships the record. Once it is stored nothing that the replica does makes this fail.
   * @throws TandemError `precondition_failed`, `key_not_found` (nothing to delete), `store_full`, `not_primary` once
   * another primary took over, `switching` while one is about to, and `recovering` when the write depends on whether a key
   * exists that only the replica may hold
   */
  write(request: WriteRequest): Promise<Written>;
  /**
   * Ships the backlog, then compares the nodes and reconciles what differs.
   * @param limitMs when to stop; what is left is for the next repair
   * @param unlessComparedSince ships the backlog only, if a comparison has got through after this time (milliseconds)
   * and there is no reason for another
   */
  repair(limitMs: number, unlessComparedSince?: number): Promise<RepairReport>;
}

export interface PrimaryOptions extends PrimaryPair {
  /** A number from 0 to below 1. */
  readonly random: () => number;
  readonly log: Log;
  /** The replica state as other processes of this primary see it, too. Absent: there are none. */
  readonly shared?: SharedReplicaState;
  /** Writes do not wait for the replica until it has answered once: it is the former primary, which may be lost. */
  readonly isReplicaDoubted?: boolean;
  /** What lets one of these processes repair at a time. */
  readonly lock?: RepairLock;
}

export function createPrimary(options: PrimaryOptions): Primary {
  const { store, clock, log, random, lead, currentEpoch, replicaState, shared, lock } = options;
  const breaker = toldBreaker(options);
  const sending = { ...options, currentEpoch: ledEpoch(currentEpoch) };
  const shipping = createShipping(sending, breaker, random);
  const shipWritten = groupCommit(shipping, breaker, clock);
  const repair = createRepair(sending, shipping, lock);
  const follow = followUp({ repair, replicaState, clock, log, breaker, ...(shared && { shared }) });
  const beingStored = new Set<Promise<unknown>>();

  /** Until it is stored, a switchover waits for it. */
  async function storing<T>(write: () => Promise<T>): Promise<T> {
    const result = write();
    beingStored.add(result);
    try {
      return await result;
    } finally {
      beingStored.delete(result);
    }
  }

  const deliver = deliverer(options, follow, shipWritten);

  const primary: Primary = {
    get epoch() {
      return currentEpoch.value;
    },
    get replicaFacts() {
      return replicaState.facts;
    },
    get circuit() {
      return breaker.state;
    },

    async hear(said) {
      if (said.role !== 'replica') return;
      if ((said.owed ?? 0) > 0) replicaState.comparisonOwed();
      await getToKnow(options, said);
      // It has another primary: the next comparison is refused, and says who.
      if (said.highestEpoch > currentEpoch.value) replicaState.comparisonOwed();
      follow.refill();
    },

    async announced(said) {
      const isKnown = said.id === replicaState.facts.contentsId;
      try {
        await primary.hear(isKnown ? said : await askReplica(options, HANDSHAKE_TIMEOUT_MS));
      } catch (error) {
        if (!(error instanceof PeerError)) log.error('a replica that has started could not be asked', {}, error);
      }
    },

    catchUp: () => follow.catchUp(),

    async untilStored() {
      await Promise.allSettled(beingStored);
    },

    async takeAbsenceForTrue() {
      replicaState.absenceTakenForTrue();
      await shared?.save(breaker.state, true);
    },

    async write({ key, value, ttl, condition }) {
      const { result, now } = await storing(async () => {
        await lead.check();
        await currentEpoch.refresh();
        if (value === undefined || condition !== undefined) await refuseIfAbsent(options, key);
        const now = clock.now();
        const change = {
          key,
          now,
          inFlightUntil: now + IN_FLIGHT_MS,
          ...(value !== undefined && { value }),
          ...(ttl !== undefined && { expiresAt: now + ttl * 1000 }),
          ...(condition !== undefined && { condition }),
        };
        return { now, result: await writeInEpoch(options, change) };
      });
      if (result.outcome === 'refused') throw refusal(key, value === undefined, result.current?.record, now);
      const { record } = result.entry;
      if (result.hasDismissed) replicaState.requireBacklog();
      return { record, created: result.created, delivery: await deliver(record) };
    },

    async repair(limitMs, unlessComparedSince = Number.POSITIVE_INFINITY) {
      const startedAt = clock.elapsed();
      await currentEpoch.refresh();
      const isToCompare = async () => {
        await shared?.load();
        const { comparedAt = 0 } = replicaState.facts;
        // A comparison in the future was made by a process whose clock was ahead.
        const isOld = comparedAt <= unlessComparedSince || comparedAt > clock.now();
        return isOld || isComparisonDue(replicaState.facts, clock.now());
      };
      const limits = { deadline: startedAt + limitMs, lockWaitMs: LOCK_WAIT_MS };
      const report = await repair.run({ scope: 'all', force: true, compare: true, ...limits, isToCompare });
      await shared?.save(breaker.state, true);
      return report ?? leftToAnother((await store.backlogSize()).count, clock.elapsed() - startedAt);
    },
  };
  return primary;
}

/** The circuit breaker. What becomes of it, and of the replica, is told. */
function toldBreaker({ clock, replicaState, isReplicaDoubted, happened }: PrimaryOptions): CircuitBreaker {
  if (happened) replicaState.observe((replica) => happened({ kind: 'replica', ...replica }));
  const onChange = happened && ((state: CircuitState) => happened({ kind: 'circuit', state }));
  return createCircuitBreaker(clock, BREAKER_FAILURES, BREAKER_OPEN_MS, isReplicaDoubted, onChange);
}

/** The record is stored: whatever goes wrong from here on is told, not thrown. */
function deliverer(
  { store, log, replicaState }: PrimaryOptions,
  follow: FollowUp,
  shipWritten: ShipWritten,
): (record: StoredRecord) => Promise<Delivery> {
  /** Whether the contents that the replica has now have acknowledged a record, or something newer. */
  async function isReplicatedNow({ key }: StoredRecord): Promise<boolean> {
    const { replication } = (await store.get(key)) ?? {};
    return replication === undefined || statusNow(replication, replicaState.facts) === 'replicated';
  }

  return async (record) => {
    try {
      const delivery = await shipWritten(record);
      const { contentsId } = replicaState.facts;
      if (delivery.replicated) await follow.bringAlong();
      await follow.saveNews();
      const isStillThere = replicaState.facts.contentsId === contentsId || (await isReplicatedNow(record));
      return isStillThere || !delivery.replicated ? delivery : { replicated: false, tried: true, error: GONE };
    } catch (error) {
      log.error('the status of a write could not be stored', {}, error);
      replicaState.requireBacklog();
      return { replicated: false, tried: false, error: 'the store did not take its status; a repair will ship it' };
    }
  };
}

/** Tries of a write: others may begin the next epoch at the same moment. */
const EPOCH_TRIES = 5;

type Stored = Exclude<WriteResult, { outcome: 'outdated' }>;

/** @throws TandemError `not_primary` when this primary was replaced, and what the store throws */
async function writeInEpoch(pair: PrimaryPair, change: Omit<Change, 'epoch'>): Promise<Stored> {
  const { store, lead, currentEpoch, replicaState, happened } = pair;
  try {
    for (let i = 0; i < EPOCH_TRIES; i++) {
      const result = await store.write({ ...change, epoch: currentEpoch.value });
      if (result.outcome === 'written') happened?.({ kind: 'written', ...nameOf(result.entry.record) });
      if (result.outcome !== 'outdated') return result;
      // Another process has begun the next epoch; or this primary begins one itself, and the write came in between.
      await currentEpoch.refresh(true);
      if (currentEpoch.value < result.epoch) await lead.lost(result.epoch);
      await lead.check();
    }
    throw new Error('Others begin one epoch after the other over this store.');
  } catch (error) {
    // The store may have written it all the same: then nobody ships it until a repair goes through the backlog.
    if (error instanceof TandemError && error.code === 'store_unavailable') replicaState.requireBacklog();
    throw error;
  }
}

/** Whether a key exists that is not here is known once the nodes have been compared. @throws TandemError `recovering` */
async function refuseIfAbsent({ store, replicaState, shared }: PrimaryOptions, key: string): Promise<void> {
  if (!(await mayLackRecords(store, replicaState.facts)) || (await store.get(key)) !== undefined) return;
  // Another process may have compared them since.
  await shared?.load();
  if (await mayLackRecords(store, replicaState.facts)) throw notYetCompared();
}

export function notYetCompared(): TandemError {
  const detail =
    'This primary has started without its replica, which may hold this key. They are being compared. Try again.';
  return new TandemError('recovering', detail);
}

/** The error of a write whose condition did not hold, or of a deletion that found nothing. */
function refusal(key: string, isDeletion: boolean, current: StoredRecord | undefined, now: number): TandemError {
  const live = current && isLive(current, now) ? current : undefined;
  if (isDeletion && !live) return new TandemError('key_not_found', `There is no key '${excerpt(key)}' to delete.`);
  const found = live ? `The key is at version ${live.version}.` : 'The key does not exist.';
  const detail = `${found} Read it again, and send the condition that fits what you find.`;
  return new TandemError('precondition_failed', detail, { currentVersion: live?.version ?? null });
}
