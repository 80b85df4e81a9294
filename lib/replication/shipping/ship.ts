// Sends a batch of records to the replica and stores for each what became of it (steps 3 to 5 of a write).
import { isDivergent } from '../../divergent.ts';
import { PeerError } from '../../peer/peer.ts';
import { compareStamps, type StoredRecord } from '../../record.ts';
import type { Attempt } from '../../store/store.ts';
import type { PrimaryPair } from '../pair.ts';
import { backoffMs } from './backoff.ts';
import { type CircuitBreaker, CircuitOpen } from './circuit-breaker.ts';
import { createSender, GONE, NO_ANSWER, type Sent } from './send.ts';
import type { Shipment } from './shipment.ts';
import { type NextAttemptAt, RequestTeller } from './tell-requests.ts';

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

export interface Shipping {
  /**
   * Ships records in one request. Never rejects because of the replica: its failure is each record's delivery.
   * @param force try even when the circuit is open
   */
  ship<S extends Shipment>(shipments: readonly S[], force?: boolean): Promise<Shipped<S>>;
  /** Leaves records to the backlog without trying, because the replica has not been answering. */
  leave(records: readonly StoredRecord[]): Delivery & { replicated: false };
}

/** @param random a number from 0 to below 1 */
export function createShipping(pair: PrimaryPair, breaker: CircuitBreaker, random: () => number): Shipping {
  const { store, clock, lead, replicaState, happened } = pair;
  const teller = happened && new RequestTeller(happened, clock);
  const send = createSender(pair, teller);

  /** Whoever leads by then knows better: the other node may have taken the record over. */
  function retries(shipments: readonly Shipment[]): NextAttemptAt {
    const times: number[] = [];
    return (i) => {
      if (!lead.isHeld()) return undefined;
      times[i] ??= clock.now() + backoffMs((shipments[i]?.failures ?? 0) + 1, random);
      return times[i];
    };
  }

  /** Stores the outcome of an attempt. @param nextAttemptAt of one that has failed. Absent: the record is another node's by now */
  async function settle(
    { record, failures }: Shipment,
    attempt: Attempt,
    nextAttemptAt: number | undefined,
  ): Promise<Delivery> {
    if (attempt.outcome !== 'failed') {
      await store.settle(record, attempt);
      replicaState.recordAcknowledged(failures > 0, clock.now());
      return { replicated: true };
    }
    const error = attempt.error ?? 'the replica refused the record';
    if (nextAttemptAt === undefined) return { replicated: false, tried: true, error };
    replicaState.recordFailed(nextAttemptAt);
    await store.settle(record, attempt, nextAttemptAt);
    return { replicated: false, tried: true, error };
  }

  /** The delivery of a record that is not tried. */
  function leave(records: readonly StoredRecord[]): Delivery & { replicated: false } {
    replicaState.recordNotTried();
    const error = `not tried, the replica keeps failing: ${replicaState.facts.error ?? 'no answer in time'}`;
    teller?.notTried(records, error);
    return { replicated: false, tried: false, error };
  }

  return {
    leave,

    async ship(shipments, force = false) {
      const nextAttemptAt = retries(shipments);
      const at = clock.now();
      const began = clock.elapsed();
      let sent: Sent | undefined;
      let unanswered: string | undefined;
      try {
        sent = await breaker.run(() => send(shipments, nextAttemptAt), force);
      } catch (error) {
        if (error instanceof CircuitOpen) {
          const delivery = leave(shipments.map(({ record }) => record));
          return { results: shipments.map((shipment) => ({ shipment, delivery })), unanswered: delivery.error };
        }
        if (!(error instanceof PeerError)) throw error;
        replicaState.requestFailed(error);
        unanswered = error.message;
      }
      const durationMs = Math.round(clock.elapsed() - began);
      const failure = unanswered === undefined ? NO_ANSWER : { outcome: 'failed' as const, error: unanswered };
      const settledAll = await Promise.all(
        shipments.map(async (shipment, i) => {
          const attempt = { at, durationMs, ...(sent?.outcomes[i] ?? failure) };
          const present = sent?.shipments[i] ?? shipment;
          const delivery = await settle(present, attempt, attempt.outcome === 'failed' ? nextAttemptAt(i) : undefined);
          return { shipment, delivery: isUnseen(shipment.record, present.record) ? UNSEEN : delivery };
        }),
      );
      // Meanwhile the replica may have lost what it held: then the refill brings these records.
      const isGone = sent !== undefined && sent.to !== replicaState.facts.contentsId;
      return { results: isGone ? settledAll.map(lose) : settledAll, ...(unanswered !== undefined && { unanswered }) };
    },
  };
}

/** Whether a record was replaced while it waited, by one that had not seen it: what is on the replica is no copy of it. */
function isUnseen(record: StoredRecord, present: StoredRecord): boolean {
  return compareStamps(record, present) < 0 && isDivergent(record, present);
}

const UNSEEN = {
  replicated: false,
  tried: true,
  error: 'another primary has written the key, and had not seen this write: it is listed as divergent',
} as const;

/** What is left of a delivery once the contents that acknowledged it are gone. */
function lose<D extends { readonly delivery: Delivery }>(delivered: D): D {
  if (!delivered.delivery.replicated) return delivered;
  return { ...delivered, delivery: { replicated: false, tried: true, error: GONE } };
}
