// Sends a batch of records to the replica and stores for each what became of it (steps 3 to 5 of a write).
import { PeerError } from '../../peer/peer.ts';
import type { KeyStamp, RecordAnswer } from '../../peer/wire.ts';
import type { StoredRecord } from '../../record.ts';
import type { Attempt, Entry } from '../../store/store.ts';
import type { PrimaryPair } from '../pair.ts';
import type { ReplicaState } from '../replica-state.ts';
import { backoffMs } from './backoff.ts';
import { type CircuitBreaker, CircuitOpen } from './circuit-breaker.ts';

/** A record to send. */
export interface Shipment {
  readonly record: StoredRecord;
  /** How often it has failed before. */
  readonly failures: number;
  /** When this was the present state of its key, in milliseconds. */
  readonly asOf: number;
}

/** A shipment of a record that is not on the replica, as far as is known. */
export function shipmentOf({ record, replication }: Entry, asOf: number): Shipment {
  return { record, failures: replication?.attempts.length ?? 0, asOf };
}

/** What became of a record. `tried` is false when it was not sent, the circuit being open. */
export type Delivery =
  | { readonly replicated: true }
  | { readonly replicated: false; readonly tried: boolean; readonly error: string };

export interface Shipped<S extends Shipment = Shipment> {
  /** Each shipment with its delivery, in the order they were given. */
  readonly results: readonly { readonly shipment: S; readonly delivery: Delivery }[];
  /** Why the request as a whole failed. Absent: the replica answered. */
  readonly unanswered?: string;
}

type Outcome = RecordAnswer & Pick<Attempt, 'by'>;

export interface Shipping {
  /**
   * Ships records in one request. Never rejects because of the replica: its failure is each record's delivery.
   * @param force try even when the circuit is open
   */
  ship<S extends Shipment>(shipments: readonly S[], force?: boolean): Promise<Shipped<S>>;
  /**
   * Orders the replica to forget dead records.
   * @param deadBefore when they must have died at the latest, in milliseconds
   * @throws PeerError
   */
  orderToForget(stamps: readonly KeyStamp[], deadBefore: number): Promise<void>;
}

/** @param random a number from 0 to below 1 */
export function createShipping(pair: PrimaryPair, breaker: CircuitBreaker, random: () => number): Shipping {
  const { store, peer, clock, currentEpoch, replicaState } = pair;

  /** @returns what to note of each record: its outcome, and the contents that acknowledged it */
  async function send(shipments: readonly Shipment[]): Promise<readonly Outcome[]> {
    const sentAt = Math.min(...shipments.map(({ asOf }) => asOf));
    const records = shipments.map(({ record }) => record);
    const { id, answers } = await peer.replicate({ from: store.id, epoch: currentEpoch.value, sentAt, records });
    const by = replicaState.answered(id, clock.now());
    return answers.map((answer) => (answer.outcome === 'failed' ? answer : { ...answer, by }));
  }

  /** Stores the outcome of an attempt. */
  async function settle({ record, failures }: Shipment, attempt: Attempt): Promise<Delivery> {
    if (attempt.outcome !== 'failed') {
      await store.settle(record, attempt);
      replicaState.recordAcknowledged(failures > 0, clock.now());
      return { replicated: true };
    }
    const nextAttemptAt = clock.now() + backoffMs(failures + 1, random);
    replicaState.recordFailed(nextAttemptAt);
    await store.settle(record, attempt, nextAttemptAt);
    return { replicated: false, tried: true, error: attempt.error ?? 'the replica refused the record' };
  }

  return {
    async ship(shipments, force = false) {
      const at = clock.now();
      const began = clock.elapsed();
      let answers: readonly Outcome[] = [];
      let unanswered: string | undefined;
      try {
        answers = await breaker.run(() => send(shipments), force);
      } catch (error) {
        if (error instanceof CircuitOpen) {
          const delivery = leaveToBacklog(replicaState);
          return { results: shipments.map((shipment) => ({ shipment, delivery })), unanswered: delivery.error };
        }
        if (!(error instanceof PeerError)) throw error;
        replicaState.requestFailed(error, currentEpoch.value);
        unanswered = error.message;
      }
      const durationMs = Math.round(clock.elapsed() - began);
      const failure = { outcome: 'failed', error: unanswered ?? 'the replica gave no answer for the record' } as const;
      const results = await Promise.all(
        shipments.map(async (shipment, i) => ({
          shipment,
          delivery: await settle(shipment, { at, durationMs, ...(answers[i] ?? failure) }),
        })),
      );
      return { results, ...(unanswered !== undefined && { unanswered }) };
    },

    async orderToForget(stamps, deadBefore) {
      const { id } = await peer.replicate({
        from: store.id,
        epoch: currentEpoch.value,
        sentAt: clock.now(),
        records: [],
        forget: stamps,
        forgetBefore: deadBefore,
      });
      replicaState.answered(id, clock.now());
    },
  };
}

/** The delivery of a record that is not tried, because the replica has not been answering. */
export function leaveToBacklog(replicaState: ReplicaState): Delivery & { replicated: false } {
  replicaState.recordNotTried();
  const error = `not tried, the replica keeps failing: ${replicaState.facts.error ?? 'no answer in time'}`;
  return { replicated: false, tried: false, error };
}
