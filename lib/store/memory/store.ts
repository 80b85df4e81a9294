// The in-memory store: one process, and contents that end with it.
import { nodeCrypto } from '../../builtin.ts';
import { writerOf } from '../base.ts';
import { applyRecord, settleRecord, writeRecord } from '../changes.ts';
import { keptSums } from '../kept-sums.ts';
import type { StoreObserver } from '../on-change.ts';
import type { EpochSeen, KeptRoleState, Store } from '../store.ts';
import { Turn } from '../turn.ts';
import { memoryFeed } from './feed.ts';
import { forgetRecords } from './forget.ts';
import { backlogPage, bucketPage, divergentPage, livePage } from './pages.ts';
import { Records } from './records.ts';

/** Records that are looked at in one turn of the event loop, the divergent writes against which each new one is held included. */
const MAX_LOOKED_AT = 5000;

/**
 * @param maxBytes what records may take, by an estimate; beyond it writes get `store_full`
 */
export function memoryStore(maxBytes: number, observer: StoreObserver = {}): Store {
  const records = new Records(maxBytes, observer);
  let highest: EpochSeen = { epoch: 0 };
  let isComplete = false;
  let id: string | undefined;
  let writer: string | undefined;
  const own = () => {
    writer ??= writerOf(store.id);
    return writer;
  };
  let role: KeptRoleState = { revision: 0 };
  const turn = new Turn(MAX_LOOKED_AT);

  const store: Store = {
    kind: 'memory',
    get id() {
      id ??= nodeCrypto().randomUUID();
      return id;
    },

    highestEpoch: async () => highest,
    async raiseEpoch(epoch, by, after = epoch) {
      const isHigher = epoch > highest.epoch && highest.epoch <= after;
      const isClaimed = epoch === highest.epoch && highest.by === undefined;
      if (isHigher || isClaimed) highest = { epoch, ...(by !== undefined && { by }) };
      return highest;
    },

    isComplete: async () => isComplete,
    async completed() {
      isComplete = true;
    },

    roleState: async () => role,
    async setRoleState(state, revision) {
      if (revision !== role.revision) return false;
      role = { revision: revision + 1, state };
      return true;
    },

    get: async (key) => records.get(key)?.entry,
    write: async (change) => writeRecord(records, highest.epoch, change, own()),
    apply: (record, replication, epoch) =>
      turn.do(() => {
        if (epoch !== undefined && epoch < highest.epoch) return { result: 'outdated', cost: 1 };
        return { result: applyRecord(records, record, replication), cost: 1 + records.listedCount };
      }),

    settle: async (record, attempt, nextAttemptAt) => settleRecord(records, record, attempt, nextAttemptAt),

    async list(query) {
      const ready = records.sweep(query.now);
      if (ready) await ready;
      return livePage(records, query);
    },

    async count(now) {
      const ready = records.sweep(now);
      if (ready) await ready;
      return { count: records.liveAt(now), isAtLeast: false };
    },

    backlog: ({ cursor, limit }) => turn.do(() => ({ result: backlogPage(records, cursor, limit), cost: limit })),
    isBacklogCounted: true,
    async backlogSize() {
      const oldest = records.unacknowledged.first()?.[0].updatedAt;
      return { count: records.unacknowledged.size, ...(oldest !== undefined && { oldest }) };
    },

    divergent: async ({ key, cursor, limit }) => divergentPage(records, key, cursor, limit),
    divergentCount: async () => records.listedCount,

    forget: (which) => forgetRecords(records, which),

    feed: memoryFeed(records, turn),
    ...keptSums(records.digests.sums),

    headsIn: (buckets, cursor) =>
      turn.do(() => {
        const page = bucketPage(records, buckets, cursor);
        return { result: page, cost: page.heads.length };
      }),
  };
  return store;
}
