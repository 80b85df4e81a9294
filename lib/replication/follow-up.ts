// What a write does beyond its own record once it finds the replica answering: it brings the backlog along, starts a
// comparison that is owed, and saves what it has learned of the replica.
import type { Clock } from '../clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { Repair } from './repair/repair.ts';
import { isComparisonDue, type ReplicaState } from './replica-state.ts';
import type { SharedReplicaState } from './shared-replica-state.ts';
import type { CircuitBreaker } from './shipping/circuit-breaker.ts';

/** How long the write that finds the replica answering again waits for the backlog to follow it, in milliseconds. */
const FOLLOW_WAIT_MS = 250;
/** How long a repair that a write has started goes on, in milliseconds. */
const FOLLOW_MS = 50_000;
/** Pause, in milliseconds, before a write starts another comparison after one that a write had started failed. */
const COMPARE_AGAIN_MS = 10_000;
/**
 * How many repairs follow each other at once, each because the one before it has met other contents: more than that are no
 * replica that was started again, but two behind one address.
 */
const MAX_IN_A_ROW = 3;

/** What a repair does that nobody asked for. */
interface Following {
  readonly scope: 'due' | 'all';
  readonly compare: boolean;
  /** Ask although the circuit is open: the replica has just been heard. */
  readonly force: boolean;
}

export interface FollowUp {
  /** Ships what is owed along with a write, and waits for that as long as a write can. */
  bringAlong(): Promise<void>;
  /** Starts a comparison that is owed, without a write: the replica has said that it has other contents. */
  refill(): void;
  /** Ships the whole backlog, without a write: the replica has just said that it is there. @returns resolves when that is done */
  catchUp(): Promise<void>;
  /** Saves what other processes must know of the replica. What cannot be saved now is saved by the next write, or repair. */
  saveNews(): Promise<void>;
}

export function followUp(options: {
  readonly repair: Repair;
  readonly replicaState: ReplicaState;
  readonly breaker: CircuitBreaker;
  readonly clock: Clock;
  readonly log: Log;
  readonly shared?: SharedReplicaState;
}): FollowUp {
  const { repair, replicaState, breaker, clock, log, shared } = options;

  function mayCompare(): boolean {
    const { facts } = replicaState;
    return isComparisonDue(facts, clock.now()) && clock.elapsed() >= facts.compareAgainAt;
  }

  async function follow({ scope, compare, force }: Following, inARow = 1): Promise<void> {
    const { contentsId } = replicaState.facts;
    const isToCompare = async () => {
      // Another process may have compared since this one came to owe it.
      if (compare) await shared?.load();
      return compare && isComparisonDue(replicaState.facts, clock.now());
    };
    try {
      const deadline = clock.elapsed() + FOLLOW_MS;
      await repair.run({ scope, force, compare, deadline, lockWaitMs: 0, isToCompare });
      // The write that has started it may have been answered long ago.
      await shared?.save(breaker.state);
    } catch (error) {
      log.error('a repair failed', {}, error);
    }
    if (!replicaState.facts.owesComparison) return;
    // A replica that has come back meanwhile need not wait, also not because of the contents that it had before.
    if (replicaState.facts.contentsId !== contentsId && inARow < MAX_IN_A_ROW) {
      return follow({ scope: 'all', compare: true, force }, inARow + 1);
    }
    if (compare) replicaState.comparisonPostponed(clock.elapsed() + COMPARE_AGAIN_MS);
  }

  return {
    async bringAlong() {
      const { owesBacklog, retryAt } = replicaState.facts;
      const compare = mayCompare();
      if (repair.isUnderWay || !(owesBacklog || compare || clock.now() >= retryAt)) return;
      const following = { scope: owesBacklog ? 'all' : 'due', compare, force: false } as const;
      await Promise.race([follow(following), clock.sleep(FOLLOW_WAIT_MS)]);
    },

    refill() {
      if (repair.isUnderWay || !mayCompare()) return;
      void follow({ scope: 'all', compare: true, force: true });
    },

    catchUp: () => follow({ scope: 'all', compare: mayCompare(), force: true }),

    async saveNews() {
      try {
        await shared?.save(breaker.state);
      } catch (error) {
        log.error('what is known of the replica could not be saved', {}, error);
      }
    },
  };
}
