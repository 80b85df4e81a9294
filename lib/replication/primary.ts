// The primary's side of replication: the write, step by step (docs/protocol.md), and repair.
import { HANDSHAKE_TIMEOUT_MS, PeerError } from '../peer/peer.ts';
import type { Handshake } from '../peer/wire.ts';
import { deliverer } from './deliver.ts';
import { followUp } from './follow-up.ts';
import { ledEpoch } from './led-epoch.ts';
import { askReplica, getToKnow } from './meet.ts';
import type { PrimaryOptions } from './primary-options.ts';
import { LOCK_WAIT_MS } from './repair/lock.ts';
import { createRepair, leftToAnother, type RepairReport } from './repair/repair.ts';
import { isComparisonDue, type ReplicaFacts } from './replica-state.ts';
import { type CircuitBreaker, type CircuitState, createCircuitBreaker } from './shipping/circuit-breaker.ts';
import { groupCommit } from './shipping/group-commit.ts';
import { createShipping } from './shipping/ship.ts';
import type { UnderWay, WriteRequest, Written } from './write-request.ts';
import { createWrites } from './writes.ts';

/** Requests in a row that must fail before writes stop waiting for the replica. */
const BREAKER_FAILURES = 3;
/** How long writes do not wait then, in milliseconds, until one of them tries again. */
const BREAKER_OPEN_MS = 2000;

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
  /** The same: it returns when the write is stored, and may still be on its way. @throws as `write` */
  store(request: WriteRequest): Promise<UnderWay>;
  /**
   * Ships the backlog, then compares the nodes and reconciles what differs.
   * @param limitMs when to stop; what is left is for the next repair
   * @param unlessComparedSince ships the backlog only, if a comparison has got through after this time (milliseconds)
   * and there is no reason for another
   */
  repair(limitMs: number, unlessComparedSince?: number): Promise<RepairReport>;
}

export function createPrimary(options: PrimaryOptions): Primary {
  const { store, clock, log, random, currentEpoch, replicaState, shared, lock } = options;
  const breaker = toldBreaker(options);
  const sending = { ...options, currentEpoch: ledEpoch(currentEpoch) };
  const shipping = createShipping(sending, breaker, random);
  const shipWritten = groupCommit(shipping, breaker, clock);
  const repair = createRepair(sending, shipping, lock);
  const follow = followUp({ repair, replicaState, clock, log, breaker, ...(shared && { shared }) });
  const writes = createWrites(options, deliverer(options, follow, shipWritten));

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

    untilStored: writes.untilStored,

    async takeAbsenceForTrue() {
      // Another process may have met the replica.
      await shared?.load();
      replicaState.absenceTakenForTrue();
      await shared?.save(breaker.state, true);
    },

    store: writes.store,
    async write(request) {
      const { delivery, ...stored } = await writes.store(request);
      return { ...stored, delivery: await delivery };
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
