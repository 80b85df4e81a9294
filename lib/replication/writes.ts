// The writes of a primary: each is stored in one step, and then on its way to the replica.
import { excerpt, TandemError } from '../errors.ts';
import { expiryTime } from '../expiry.ts';
import { IN_FLIGHT_MS } from '../limits.ts';
import { compareStamps, isLive, type StoredRecord } from '../record.ts';
import type { Change, Contents, Derive, WriteResult } from '../store/store.ts';
import { nameOf } from '../telemetry/named-record.ts';
import type { Deliver } from './deliver.ts';
import type { PrimaryPair } from './pair.ts';
import { deriveBy } from './patch.ts';
import type { PrimaryOptions } from './primary-options.ts';
import { refuseIfAbsent } from './refuse-absent.ts';
import { statusNow } from './replica-state.ts';
import type { Delivery } from './shipping/ship.ts';
import type { UnderWay, WriteRequest } from './write-request.ts';

export interface Writes {
  /** @throws what `Primary.write` throws */
  store(request: WriteRequest): Promise<UnderWay>;
  /** Resolves when the writes that are under way are stored. */
  untilStored(): Promise<void>;
}

export function createWrites(options: PrimaryOptions, deliver: Deliver): Writes {
  const { clock, lead, currentEpoch, replicaState, goesOn } = options;
  const beingStored = new Set<Promise<unknown>>();

  /** Until it is stored, a switchover waits for it. */
  async function storing<T>(write: () => Promise<T>): Promise<T> {
    const result = write();
    beingStored.add(result);
    try {
      return await result;
    } finally {
      beingStored.delete(result);
    }
  }

  /** Copies a record that nobody waits for. Where this process does not go on, the next write, or a repair, brings it along. */
  async function later(record: StoredRecord): Promise<Delivery> {
    if (goesOn) void deliver(record);
    else replicaState.recordDue(clock.now());
    return NOT_WAITED_FOR;
  }

  /** What was not copied the first time is tried again. @param isPatch its answer has the value that it made */
  function repeated({ entry, write }: Repeated, isPatch: boolean): UnderWay {
    const { record, replication } = entry;
    const isPresent = compareStamps(record, write) === 0;
    const value = write.value ?? (isPresent && isPatch ? record.value : undefined);
    const { key, updatedAt } = record;
    const { epoch, version, created = false } = write;
    const isReplicated = statusNow(replication, replicaState.facts) === 'replicated';
    return {
      record: { key, epoch, version, updatedAt, ...(value !== undefined && { value }) },
      created,
      isRepeat: true,
      delivery: isReplicated ? Promise.resolve({ replicated: true }) : deliver(record),
    };
  }

  return {
    async store(request) {
      const { key, value, patch, condition, idempotencyKey, isAsync = false } = request;
      const result = await storing(async () => {
        await lead.check();
        await currentEpoch.refresh();
        const dependsOnPresence = value === undefined || condition !== undefined || idempotencyKey !== undefined;
        if (dependsOnPresence) await refuseIfAbsent(options, key);
        const now = clock.now();
        const contents = contentsOf(request, now);
        const change = {
          key,
          now,
          inFlightUntil: isAsync && !goesOn ? now : now + IN_FLIGHT_MS,
          ...(contents && { contents }),
          ...(condition && { condition }),
          ...(idempotencyKey !== undefined && { idempotencyKey }),
        };
        const stored = await writeInEpoch(options, change);
        if (stored.outcome !== 'refused') return stored;
        throw stored.because ?? refusal(key, contents === undefined, stored.current?.record, now);
      });
      if (result.outcome === 'repeated') return repeated(result, patch !== undefined);
      const { record } = result.entry;
      if (result.hasDismissed) replicaState.requireBacklog();
      const delivery = isAsync ? later(record) : deliver(record);
      return { record, created: result.created, isRepeat: false, delivery };
    },

    async untilStored() {
      await Promise.allSettled(beingStored);
    },
  };
}

const NOT_WAITED_FOR: Delivery = { replicated: false, tried: false, error: 'not waited for, as was asked' };

/** @throws TandemError `invalid_body` for a time that is over */
function contentsOf({ value, expiry, patch }: WriteRequest, now: number): Contents | Derive | undefined {
  if (patch) return deriveBy(patch, now);
  return value === undefined ? undefined : { value, ...(expiry && { expiresAt: expiryTime(expiry, now) }) };
}

/** Tries of a write: others may begin the next epoch at the same moment. */
const EPOCH_TRIES = 5;

type Outcome = Exclude<WriteResult, { outcome: 'outdated' }>;
type Repeated = Extract<WriteResult, { outcome: 'repeated' }>;

/** @throws TandemError `not_primary` when this primary was replaced, and what the store throws */
async function writeInEpoch(pair: PrimaryPair, change: Omit<Change, 'epoch'>): Promise<Outcome> {
  const { store, lead, currentEpoch, replicaState, happened } = pair;
  try {
    for (let i = 0; i < EPOCH_TRIES; i++) {
      const result = await store.write({ ...change, epoch: currentEpoch.value });
      if (result.outcome === 'written') happened?.({ kind: 'written', ...nameOf(result.entry.record) });
      if (result.outcome !== 'outdated') return result;
      // Another process has begun the next epoch; or this primary begins one itself, and the write came in between.
      await currentEpoch.refresh(true);
      if (currentEpoch.value < result.epoch) await lead.lost(result.epoch);
      await lead.check();
    }
    throw new Error('Others begin one epoch after the other over this store.');
  } catch (error) {
    // The store may have written it all the same: then nobody ships it until a repair goes through the backlog.
    if (error instanceof TandemError && error.code === 'store_unavailable') replicaState.requireBacklog();
    throw error;
  }
}

/** The error of a write whose condition did not hold, or of a deletion that found nothing. */
function refusal(key: string, isDeletion: boolean, current: StoredRecord | undefined, now: number): TandemError {
  const live = current && isLive(current, now) ? current : undefined;
  if (isDeletion && !live) return new TandemError('key_not_found', `There is no key '${excerpt(key)}' to delete.`);
  const found = live ? `The key is at version ${live.version}.` : 'The key does not exist.';
  const detail = `${found} Read it again, and send the condition that fits what you find.`;
  return new TandemError('precondition_failed', detail, { currentVersion: live?.version ?? null });
}
