// Sends a batch of records to the replica and notes for each what became of it (steps 3 to 5 of a write).
import type { Clock } from '../clock.ts';
import type { StoredRecord } from '../record.ts';
import type { Attempt, Entry, Store } from '../store/store.ts';
import { backoffMs } from './backoff.ts';
import { type Breaker, CircuitOpen } from './breaker.ts';
import { type Contact, delivered, heard, missed } from './contact.ts';
import { type KeyStamp, type Peer, PeerError, type RecordAnswer } from './peer.ts';
import type { Reign } from './reign.ts';

/** A record to bring over, and how often that has failed before. */
export interface Shipment {
  readonly record: StoredRecord;
  readonly failures: number;
  /** As of when this was the present state of its key, by the time of the reign. */
  readonly asOf: number;
}

/** The record of an entry that is not on the replica, as far as is known. */
export function shipmentOf({ record, replication }: Entry, asOf: number): Shipment {
  return { record, failures: replication?.attempts.length ?? 0, asOf };
}

/** What became of it. `tried` is false when it was not sent, the circuit being open. */
export type Delivery =
  | { readonly replicated: true }
  | { readonly replicated: false; readonly tried: boolean; readonly error: string };

export interface Shipped {
  /** In the order of the shipments. */
  readonly deliveries: readonly Delivery[];
  /** Why the request as a whole failed. Absent: the replica answered. */
  readonly unanswered?: string;
}

export interface Shipping {
  /**
   * Ships records in one request. Never rejects because of the replica: its failure is each record's delivery.
   * @param force try even when the circuit is open
   */
  ship(shipments: readonly Shipment[], force?: boolean): Promise<Shipped>;
  /**
   * Has the replica forget dead records.
   * @param horizon how old they must be, as a time in milliseconds
   * @throws PeerError
   */
  drop(drops: readonly KeyStamp[], horizon: number): Promise<void>;
}

export interface ShippingParts {
  readonly store: Store;
  readonly peer: Peer;
  readonly breaker: Breaker;
  readonly contact: Contact;
  readonly clock: Clock;
  /** The time of the reign, in milliseconds: the clock's, except that it never goes back. */
  readonly reignTime: () => number;
  /** A number from 0 to below 1. */
  readonly random: () => number;
  readonly reign: Reign;
}

export function createShipping(parts: ShippingParts): Shipping {
  const { store, peer, breaker, contact, clock, reignTime, random, reign } = parts;

  async function ask(shipments: readonly Shipment[]): Promise<readonly RecordAnswer[]> {
    const sentAt = Math.min(...shipments.map(({ asOf }) => asOf));
    const records = shipments.map(({ record }) => record);
    const { id, answers } = await peer.replicate({ from: store.id, epoch: reign.epoch, sentAt, records });
    heard(contact, id, clock.now());
    return answers;
  }

  async function settle({ record, failures }: Shipment, attempt: Attempt): Promise<Delivery> {
    if (attempt.outcome !== 'failed') {
      await store.settle(record, attempt);
      delivered(contact, failures > 0, clock.now());
      return { replicated: true };
    }
    const nextAttemptAt = clock.now() + backoffMs(failures + 1, random);
    contact.retryAt = Math.min(contact.retryAt, nextAttemptAt);
    contact.hasFailed = true;
    await store.settle(record, attempt, nextAttemptAt);
    return { replicated: false, tried: true, error: attempt.error ?? 'the replica refused the record' };
  }

  return {
    async ship(shipments, force = false) {
      const at = clock.now();
      const records = shipments.map(({ record }) => record);
      const began = clock.elapsed();
      let answers: readonly RecordAnswer[];
      let unanswered: string | undefined;
      try {
        answers = await breaker.run(() => ask(shipments), force);
      } catch (error) {
        if (error instanceof CircuitOpen) {
          const left = leaveToBacklog(contact);
          return { deliveries: records.map(() => left), unanswered: left.error };
        }
        if (!(error instanceof PeerError)) throw error;
        missed(contact, error, reign.epoch);
        const reason = error.message;
        unanswered = reason;
        answers = records.map(() => ({ outcome: 'failed', error: reason }));
      }
      const durationMs = Math.round(clock.elapsed() - began);
      const settling = shipments.map((shipment, i) =>
        settle(shipment, { at, durationMs, ...(answers[i] as RecordAnswer) }),
      );
      return { deliveries: await Promise.all(settling), ...(unanswered !== undefined && { unanswered }) };
    },

    async drop(drops, horizon) {
      const { epoch } = reign;
      const { id } = await peer.replicate({ from: store.id, epoch, sentAt: reignTime(), records: [], drops, horizon });
      heard(contact, id, clock.now());
    },
  };
}

/** The delivery of a record that is not tried, because the replica has not been answering. */
export function leaveToBacklog(contact: Contact): Delivery & { replicated: false } {
  contact.owesBacklog = true;
  contact.hasFailed = true;
  const error = `not tried, the replica keeps failing: ${contact.error ?? 'no answer in time'}`;
  return { replicated: false, tried: false, error };
}
