// Sends a batch of records to the replica and notes for each what became of it (steps 3 to 5 of a write).
import type { Clock } from '../clock.ts';
import type { StoredRecord } from '../record.ts';
import type { Attempt, Store } from '../store/store.ts';
import { backoffMs } from './backoff.ts';
import { type Breaker, CircuitOpen } from './breaker.ts';
import type { Contact } from './contact.ts';
import { type Peer, PeerError, type RecordAnswer } from './peer.ts';

/** A record to bring over, and how often that has failed before. */
export interface Shipment {
  readonly record: StoredRecord;
  readonly failures: number;
}

/** What became of it. `tried` is false when it was not sent, the circuit being open. */
export type Delivery =
  | { readonly replicated: true }
  | { readonly replicated: false; readonly tried: boolean; readonly error: string };

/**
 * Ships records in one request. Never rejects because of the replica: its failure is each record's delivery.
 * @param force try even when the circuit is open
 */
export type Ship = (shipments: readonly Shipment[], force?: boolean) => Promise<Delivery[]>;

export interface ShipParts {
  readonly store: Store;
  readonly peer: Peer;
  readonly breaker: Breaker;
  readonly contact: Contact;
  readonly clock: Clock;
  /** A number from 0 to below 1. */
  readonly random: () => number;
  /** The epoch of this primary's reign, in milliseconds. */
  readonly epoch: number;
}

export function createShip({ store, peer, breaker, contact, clock, random, epoch }: ShipParts): Ship {
  async function ask(records: readonly StoredRecord[]): Promise<readonly RecordAnswer[]> {
    const { id, answers } = await peer.replicate({ from: store.id, epoch, records });
    contact.at = clock.now();
    contact.id = id;
    delete contact.error;
    return answers;
  }

  async function settle({ record, failures }: Shipment, attempt: Attempt): Promise<Delivery> {
    if (attempt.outcome !== 'failed') {
      await store.settle(record.key, record, attempt);
      return { replicated: true };
    }
    const nextAttemptAt = clock.now() + backoffMs(failures + 1, random);
    contact.retryAt = Math.min(contact.retryAt, nextAttemptAt);
    await store.settle(record.key, record, attempt, nextAttemptAt);
    return { replicated: false, tried: true, error: attempt.error ?? 'the replica refused the record' };
  }

  return async (shipments, force = false) => {
    const at = clock.now();
    let answers: readonly RecordAnswer[];
    try {
      answers = await breaker.run(() => ask(shipments.map(({ record }) => record)), force);
    } catch (error) {
      contact.owesBacklog = true;
      if (error instanceof CircuitOpen) return shipments.map(() => notTried(contact));
      if (!(error instanceof PeerError)) throw error;
      const { message } = error;
      contact.error = message;
      answers = shipments.map(() => ({ outcome: 'failed', error: message }));
    }
    const durationMs = Math.max(0, clock.now() - at);
    return Promise.all(
      shipments.map((shipment, i) => settle(shipment, { at, durationMs, ...(answers[i] as RecordAnswer) })),
    );
  };
}

/** The delivery of a record that is left to the backlog, because the replica has not been answering. */
export function notTried({ error }: Contact): Delivery {
  return {
    replicated: false,
    tried: false,
    error: `not tried, the replica keeps failing: ${error ?? 'no answer yet'}`,
  };
}
