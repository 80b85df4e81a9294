// Sends a batch of records to the replica and stores for each what became of it (steps 3 to 5 of a write).

import { isDivergent } from '../../divergent.ts';
import { PEER_TIMEOUT_MS, PeerError } from '../../peer/peer.ts';
import type { RecordAnswer } from '../../peer/wire.ts';
import { compareStamps, type StoredRecord } from '../../record.ts';
import type { Attempt, Entry, Store } from '../../store/store.ts';
import { learnFromRefusal } from '../learn-from-refusal.ts';
import { meet } from '../meet.ts';
import type { PrimaryPair } from '../pair.ts';
import type { ReplicaState } from '../replica-state.ts';
import { backoffMs } from './backoff.ts';
import { type CircuitBreaker, CircuitOpen } from './circuit-breaker.ts';

/** Why an acknowledgement counts no more. */
export const GONE = 'the contents that acknowledged it are gone by now';
/** A second request is sent, after a handshake or a refusal, if the first took no longer than this, in milliseconds. */
const MAX_FIRST_MS = 500;

/** A record to send. */
export interface Shipment {
  readonly record: StoredRecord;
  /** How often it has failed before. */
  readonly failures: number;
  /** An epoch that was current when the record was read, in milliseconds. */
  readonly epoch: number;
  /** The key has no record any more. */
  readonly isForgotten?: boolean;
}

/** A shipment of a record that is not on the replica, as far as is known. */
export function shipmentOf({ record, replication }: Entry, epoch: number): Shipment {
  return { record, failures: replication?.attempts.length ?? 0, epoch };
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

/** Shipments as they are sent, and what became of each. */
interface Sent {
  /** The contents that have answered. */
  readonly to: string;
  readonly shipments: readonly Shipment[];
  readonly outcomes: readonly Outcome[];
}

export interface Shipping {
  /**
   * Ships records in one request. Never rejects because of the replica: its failure is each record's delivery.
   * @param force try even when the circuit is open
   */
  ship<S extends Shipment>(shipments: readonly S[], force?: boolean): Promise<Shipped<S>>;
}

/** A record that was read in an earlier epoch is read again: what replaced it may have been forgotten by now. */
async function readAgain(store: Store, shipment: Shipment, epoch: number): Promise<Shipment> {
  if (shipment.epoch >= epoch) return shipment;
  const entry = await store.get(shipment.record.key);
  return entry ? { ...shipment, record: entry.record, epoch } : { ...shipment, epoch, isForgotten: true };
}

/** @returns the records as they are in the current epoch, and that epoch */
async function present(
  { store, currentEpoch }: PrimaryPair,
  shipments: readonly Shipment[],
): Promise<{ read: readonly Shipment[]; epoch: number }> {
  for (;;) {
    const epoch = currentEpoch.value;
    const read = await Promise.all(shipments.map((shipment) => readAgain(store, shipment, epoch)));
    await currentEpoch.refresh(read.some(({ record }) => record.epoch > epoch));
    if (currentEpoch.value === epoch) return { read, epoch };
  }
}

/** What is owed beside some records. Over a durable store it takes many queries: a repair tells it there, in its handshake. */
async function owedBeside(store: Store, count: number): Promise<{ owed?: number }> {
  if (store.nodeState) return {};
  return { owed: Math.max(0, (await store.backlogSize()).count - count) };
}

/** @param random a number from 0 to below 1 */
export function createShipping(pair: PrimaryPair, breaker: CircuitBreaker, random: () => number): Shipping {
  const { store, peer, clock, lead, replicaState } = pair;

  /** @throws PeerError */
  async function contentsThere(): Promise<string> {
    const began = clock.elapsed();
    const { contentsId } = replicaState.facts;
    if (contentsId !== undefined) return contentsId;
    const { id } = await meet(pair, PEER_TIMEOUT_MS);
    if (clock.elapsed() - began <= MAX_FIRST_MS) return id;
    throw new PeerError('the replica took long to say what it is; a repair ships the record');
  }

  async function send(shipments: readonly Shipment[]): Promise<Sent> {
    const to = await contentsThere();
    const { read, epoch } = await present(pair, shipments);
    const records = read.filter((each) => !each.isForgotten).map(({ record }) => record);
    const { answers } = await peer.replicate({
      from: store.id,
      to,
      epoch,
      records,
      ...(await owedBeside(store, records.length)),
    });
    if (!replicaState.answered(to, clock.now())) throw new PeerError(GONE);
    const rest = answers.values();
    const outcomes = read.map((each): Outcome => {
      const answer = each.isForgotten ? FORGOTTEN : (rest.next().value ?? NO_ANSWER);
      return answer.outcome === 'failed' ? answer : { ...answer, by: to };
    });
    return { to, shipments: read, outcomes };
  }

  async function sendTwice(shipments: readonly Shipment[]): Promise<Sent> {
    const began = clock.elapsed();
    try {
      return await send(shipments);
    } catch (error) {
      const mayRepeat = await learnFromRefusal(pair, error);
      if (!mayRepeat || clock.elapsed() - began > MAX_FIRST_MS) throw error;
    }
    try {
      return await send(shipments);
    } catch (error) {
      await learnFromRefusal(pair, error);
      throw error;
    }
  }

  /** Stores the outcome of an attempt. */
  async function settle({ record, failures }: Shipment, attempt: Attempt): Promise<Delivery> {
    if (attempt.outcome !== 'failed') {
      await store.settle(record, attempt);
      replicaState.recordAcknowledged(failures > 0, clock.now());
      return { replicated: true };
    }
    const error = attempt.error ?? 'the replica refused the record';
    // Whoever leads by now knows better: the other node may have taken the record over.
    if (!lead.isHeld()) return { replicated: false, tried: true, error };
    const nextAttemptAt = clock.now() + backoffMs(failures + 1, random);
    replicaState.recordFailed(nextAttemptAt);
    await store.settle(record, attempt, nextAttemptAt);
    return { replicated: false, tried: true, error };
  }

  return {
    async ship(shipments, force = false) {
      const at = clock.now();
      const began = clock.elapsed();
      let sent: Sent | undefined;
      let unanswered: string | undefined;
      try {
        sent = await breaker.run(() => sendTwice(shipments), force);
      } catch (error) {
        if (error instanceof CircuitOpen) {
          const delivery = leaveToBacklog(replicaState);
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
          const delivery = await settle(present, attempt);
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

const NO_ANSWER = { outcome: 'failed', error: 'the replica gave no answer for the record' } as const;
/** Only what the replica had acknowledged, or something newer, is forgotten. */
const FORGOTTEN = { outcome: 'superseded' } as const;

/** The delivery of a record that is not tried, because the replica has not been answering. */
export function leaveToBacklog(replicaState: ReplicaState): Delivery & { replicated: false } {
  replicaState.recordNotTried();
  const error = `not tried, the replica keeps failing: ${replicaState.facts.error ?? 'no answer in time'}`;
  return { replicated: false, tried: false, error };
}
