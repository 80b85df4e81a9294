// Tells of each request that ships records: when it leaves, and what becomes of it.
import type { Clock } from '../../clock.ts';
import { PeerError } from '../../peer/peer.ts';
import type { RecordAnswer } from '../../peer/wire.ts';
import type { StoredRecord } from '../../record.ts';
import type { Happened } from '../../telemetry/events.ts';
import { nameOf, outcomeOf, reasonOf, someOf } from '../../telemetry/named-record.ts';
import type { Shipment } from './shipment.ts';

/** When a shipment is tried again should it fail, in milliseconds, by its place. Absent: not by this node. */
export type NextAttemptAt = (i: number) => number | undefined;

/** A request that has left. */
export interface SentRequest {
  /** The replica has answered. @param outcomes of the shipments that were to go, in their order */
  answered(outcomes: readonly RecordAnswer[], nextAttemptAt: NextAttemptAt): void;
  /** There is no answer that counts. */
  unanswered(error: unknown, nextAttemptAt: NextAttemptAt): void;
}

/** Requests of this process: its node may lead more than once. */
let count = 0;

export class RequestTeller {
  readonly #happened: Happened;
  readonly #clock: Clock;

  constructor(happened: Happened, clock: Clock) {
    this.#happened = happened;
    this.#clock = clock;
  }

  /** @param shipments all that were to go. What is forgotten does not */
  sent(shipments: readonly Shipment[]): SentRequest {
    const request = ++count;
    const began = this.#clock.elapsed();
    const durationMs = () => Math.round(this.#clock.elapsed() - began);
    const going = shipments.flatMap((shipment, i) => (shipment.isForgotten ? [] : { ...shipment, i }));
    const named = () => someOf(going, ({ record }) => nameOf(record));
    const retried = going.filter(({ failures }) => failures > 0).length;
    this.#happened({ kind: 'sent', request, retried, ...named() });
    return {
      answered: (outcomes, nextAttemptAt) => {
        const told = someOf(going, ({ record, i }) => {
          const outcome = outcomes[i] ?? { outcome: 'failed' };
          return outcomeOf(record, outcome, outcome.outcome === 'failed' ? nextAttemptAt(i) : undefined);
        });
        this.#happened({ kind: 'answered', request, durationMs: durationMs(), ...told });
      },
      unanswered: (error, nextAttemptAt) => {
        this.#happened({
          kind: 'unanswered',
          request,
          durationMs: durationMs(),
          ...failed(error, shipments, nextAttemptAt),
          ...named(),
        });
      },
    };
  }

  /** These were not sent. */
  notTried(records: readonly StoredRecord[], error: string): void {
    this.#happened({ kind: 'not_tried', error: reasonOf(error), ...someOf(records, nameOf) });
  }

  /** These were not sent, since the replica has not said what it is. */
  notMet(shipments: readonly Shipment[], error: unknown, nextAttemptAt: NextAttemptAt): void {
    const named = someOf(shipments, ({ record }) => nameOf(record));
    this.#happened({ kind: 'not_tried', ...failed(error, shipments, nextAttemptAt), ...named });
  }
}

/** Why, and when the first of them is tried again. */
function failed(
  error: unknown,
  shipments: readonly Shipment[],
  nextAttemptAt: NextAttemptAt,
): { readonly error: string; readonly nextAttemptAt?: number } {
  const reason = error instanceof PeerError ? reasonOf(error.message) : 'this node failed';
  if (!(error instanceof PeerError) || isRefusal(error)) return { error: reason };
  const times = shipments.map((_, i) => nextAttemptAt(i) ?? Number.POSITIVE_INFINITY);
  const first = Math.min(...times);
  return { error: reason, ...(Number.isFinite(first) && { nextAttemptAt: first }) };
}

/** The other node says why it takes nothing: then the same may be sent again at once, or this node leads no more. */
function isRefusal({ failure: { contentsId, highestEpoch, said } }: PeerError): boolean {
  return contentsId !== undefined || highestEpoch !== undefined || said !== undefined;
}
