// Sends records to the replica in one request; in a second one, where the first was refused for a reason that this node learns
// from.
import { PEER_TIMEOUT_MS, PeerError } from '../../peer/peer.ts';
import type { Batch, BatchAnswer, RecordAnswer } from '../../peer/wire.ts';
import type { Attempt, Store } from '../../store/store.ts';
import { ageOfOldest } from '../describe.ts';
import { learnFromRefusal } from '../learn-from-refusal.ts';
import { meet } from '../meet.ts';
import type { PrimaryPair } from '../pair.ts';
import type { Shipment } from './shipment.ts';
import type { NextAttemptAt, RequestTeller } from './tell-requests.ts';

/** Why an acknowledgement counts no more. */
export const GONE = 'the contents that acknowledged it are gone by now';
/** A second request is sent, after a handshake or a refusal, if the first took no longer than this, in milliseconds. */
const MAX_FIRST_MS = 500;

type Outcome = RecordAnswer & Pick<Attempt, 'by'>;

/** Shipments as they are sent, and what became of each. */
export interface Sent {
  /** The contents that have answered. */
  readonly to: string;
  readonly shipments: readonly Shipment[];
  readonly outcomes: readonly Outcome[];
}

/** @param nextAttemptAt of each shipment, should it fail @throws PeerError */
export type Send = (shipments: readonly Shipment[], nextAttemptAt: NextAttemptAt) => Promise<Sent>;

/** @param teller absent: nobody listens */
export function createSender(pair: PrimaryPair, teller: RequestTeller | undefined): Send {
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

  async function send(shipments: readonly Shipment[], nextAttemptAt: NextAttemptAt): Promise<Sent> {
    const to = await contentsThere().catch((error) => {
      teller?.notMet(shipments, error, nextAttemptAt);
      throw error;
    });
    const { read, epoch } = await present(pair, shipments);
    const records = read.filter((each) => !each.isForgotten).map(({ record }) => record);
    const batch = { from: store.id, to, epoch, records, ...(await owedBeside(pair, records.length)) };
    // Where it leads no more, nothing is sent.
    const request = lead.isHeld() ? teller?.sent(read) : undefined;
    const { answers } = await acknowledged(batch).catch((error) => {
      request?.unanswered(error, nextAttemptAt);
      throw error;
    });
    const rest = answers.values();
    const outcomes = read.map((each): Outcome => {
      const answer = each.isForgotten ? FORGOTTEN : (rest.next().value ?? NO_ANSWER);
      return answer.outcome === 'failed' ? answer : { ...answer, by: to };
    });
    request?.answered(outcomes, nextAttemptAt);
    return { to, shipments: read, outcomes };
  }

  /** @throws PeerError, also when the contents that have answered are gone by now */
  async function acknowledged(batch: Batch): Promise<BatchAnswer> {
    const answer = await peer.replicate(batch);
    if (!replicaState.answered(batch.to, clock.now())) throw new PeerError(GONE);
    return answer;
  }

  return async (shipments, nextAttemptAt) => {
    const began = clock.elapsed();
    try {
      return await send(shipments, nextAttemptAt);
    } catch (error) {
      const mayRepeat = await learnFromRefusal(pair, error);
      if (!mayRepeat || clock.elapsed() - began > MAX_FIRST_MS) throw error;
    }
    try {
      return await send(shipments, nextAttemptAt);
    } catch (error) {
      await learnFromRefusal(pair, error);
      throw error;
    }
  };
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

/** What is owed beside some records. Where that takes many queries, a repair tells it in its handshake. */
async function owedBeside({ store, clock }: PrimaryPair, count: number): Promise<Pick<Batch, 'owed' | 'oldestOwedMs'>> {
  if (!store.isBacklogCounted) return {};
  const backlog = await store.backlogSize();
  // The oldest one may be among these: then it is older than what is owed beside them.
  return { owed: Math.max(0, backlog.count - count), oldestOwedMs: ageOfOldest(backlog, clock.now()) };
}

/** The replica has left a record out of its answer. */
export const NO_ANSWER = { outcome: 'failed', error: 'the replica gave no answer for the record' } as const;
/** Only what the replica had acknowledged, or something newer, is forgotten. */
const FORGOTTEN = { outcome: 'superseded' } as const;
