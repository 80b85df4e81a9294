// How an in-memory primary that starts empty takes back what its replica holds: all that is live page by page, and the rest
// by a comparison; and how it begins its epoch.
import type { Clock } from '../../clock.ts';
import { HANDSHAKE_TIMEOUT_MS, PeerError } from '../../peer/peer.ts';
import { peerAround } from '../../peer/peer-around.ts';
import type { Handshake } from '../../peer/wire.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Sender } from '../admit.ts';
import { beginEpoch, type Parity } from '../current-epoch.ts';
import { askReplica, leads } from '../meet.ts';
import type { Pair } from '../pair.ts';
import { slices } from '../shipping/batches.ts';
import { differences, topDigest } from './compare.ts';
import { pullRecords } from './reconcile.ts';
import { takeOver } from './take-over.ts';

/** How long every connection must be refused, in milliseconds, before the replica's process counts as gone. */
const REFUSED_MS = 3000;
/** What one refused try adds to that at most, in milliseconds: this process may have been stalled meanwhile. */
const REFUSED_TRY_MS = 1000;
/** The pause between two tries, in milliseconds. */
const RETRY_MS = 100;

export interface Recovery {
  /** The epoch that begins now. */
  readonly epoch: number;
  /** What the replica said of itself, all of whose records are here now. Absent: the primary starts without it. */
  readonly recoveredFrom?: Handshake;
  /** Whether the nodes hold the same now. */
  readonly isEqual: boolean;
}

export interface RecoverOptions extends Pair {
  readonly parity: Parity;
  readonly log: Log;
  /** Resolves when an operator has the primary start with what it holds, or when another node is heard to lead. */
  readonly ended: Promise<'forced' | 'led'>;
}

/**
 * Takes back what the replica holds, and begins an epoch. A primary before this one may still be writing. The replica is
 * therefore told of the new epoch, and refuses the old one, before the last comparison.
 *
 * It goes on until it has everything. Only a replica whose process is gone, and with it its contents, is not waited for:
 * one that refuses every connection for 3 s. Silence never counts as that.
 * @returns `undefined` when the other node leads: this one is its replica
 */
export async function recover(options: RecoverOptions): Promise<Recovery | undefined> {
  const { store, clock, log, parity, ended } = options;
  const refusals = new Refusals(clock);
  const orInterrupted = interruption(ended);
  const attempt = { ...options, peer: peerAround(options.peer, (ask) => orInterrupted(ask())) };
  const alone = async () => ({ epoch: await beginEpoch(store, clock, parity), isEqual: false });
  let lastReason: string | undefined;
  for (;;) {
    try {
      return await tryOnce(attempt, refusals);
    } catch (error) {
      if (error instanceof Interrupted) {
        if ((await ended) === 'led') return undefined;
        log.warn('the primary starts with what it holds, as it was told to');
        return alone();
      }
      if (!(error instanceof PeerError)) throw error;
      if (isLed(error, parity)) return undefined;
      if (error.failure.highestEpoch !== undefined) await store.raiseEpoch(error.failure.highestEpoch);
      if (refusals.isGone(error)) {
        log.warn('the primary starts without its replica, which refuses connections: its process is gone');
        return alone();
      }
      if (error.message !== lastReason) log.warn('recovery waits for the replica', { reason: error.message });
      lastReason = error.message;
    }
    await orInterrupted(clock.sleep(RETRY_MS)).catch((error) => {
      if (!(error instanceof Interrupted)) throw error;
    });
  }
}

/** Where both nodes are recovering, the one that begins as the replica is that. */
function isLed({ failure: { said } }: PeerError, parity: Parity): boolean {
  return said?.role === 'primary' && (leads(said) || parity === 1);
}

/** An operator has ended the recovery, or another node leads. */
class Interrupted extends Error {}

type OrInterrupted = <T>(answer: Promise<T>) => Promise<T>;

/**
 * Answers are not waited for any more once `ended` has resolved. Racing each with `ended` would do, but that lives
 * as long as the process, and would keep every answer for as long.
 * @returns the answer; rejects with Interrupted
 */
function interruption(ended: Promise<unknown>): OrInterrupted {
  const waiting = new Set<() => void>();
  let isEnded = false;
  void ended.then(() => {
    isEnded = true;
    for (const stop of waiting) stop();
  });
  return async (answer) => {
    const stopped = Promise.withResolvers<never>();
    const stop = () => stopped.reject(new Interrupted());
    waiting.add(stop);
    if (isEnded) stop();
    try {
      return await Promise.race([answer, stopped.promise]);
    } finally {
      waiting.delete(stop);
    }
  };
}

async function tryOnce(options: RecoverOptions, refusals: Refusals): Promise<Recovery> {
  const { store, peer, clock, parity } = options;
  const recoveredFrom = await askReplica(options, HANDSHAKE_TIMEOUT_MS);
  refusals.answered();
  await store.raiseEpoch(recoveredFrom.highestEpoch);
  const address = { from: store.id, to: recoveredFrom.id };
  // The last comparison brings what a take-over leaves out.
  if (!(await takeOver(options, address))) await copy(options, address);
  const epoch = await beginEpoch(store, clock, parity);
  await peer.replicate({ ...address, epoch, records: [] });
  const isEqual = await copy(options, { ...address, epoch });
  return { epoch, recoveredFrom, isEqual };
}

/** How long a replica has refused every connection. */
class Refusals {
  readonly #clock: Clock;
  #lastAt: number | undefined;
  #ms = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** There is a process. */
  answered(): void {
    this.#lastAt = undefined;
    this.#ms = 0;
  }

  /** Whether the replica's process is gone, now that another try has failed. */
  isGone({ failure }: PeerError): boolean {
    if (!failure.isConnectionRefused) {
      this.answered();
      return false;
    }
    const now = this.#clock.elapsed();
    this.#ms += Math.min(now - (this.#lastAt ?? now), REFUSED_TRY_MS);
    this.#lastAt = now;
    return this.#ms >= REFUSED_MS;
  }
}

/** @returns whether the nodes are equal now: neither lacks anything, and all has fitted */
async function copy(options: RecoverOptions, sender: Sender): Promise<boolean> {
  const counts = { pulled: 0, failed: 0, bucketsCompared: 0, bucketsDiffering: 0 };
  const top = await topDigest(options, sender);
  const scope = { sender, from: 0, deadline: Number.POSITIVE_INFINITY, isRefill: false, isRecovery: true };
  let missingThere = 0;
  for await (const found of differences(options, top, scope, counts)) {
    missingThere += found.push.length;
    for (const keys of slices(found.pull)) await pullRecords(options, keys, counts, () => false, sender);
  }
  if (counts.failed > 0) options.log.error('records of the replica could not be taken in', { count: counts.failed });
  return missingThere + counts.failed === 0;
}
