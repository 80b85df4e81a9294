// The in-memory store: one process, and contents that end with it.
import { nodeCrypto } from '../../builtin.ts';
import { BUCKETS_PER_GROUP, bucketOf, bucketsOfGroup, groupSums } from '../../digest.ts';
import { clientKey, dismissal, divergentKey, hasSeen, isDivergent, listing } from '../../divergent.ts';
import { compareStamps, isLive, type StoredRecord } from '../../record.ts';
import { lineageAfter, writerOf } from '../base.ts';
import { rejectionOf } from '../condition.ts';
import { ACKNOWLEDGED, initialReplication, isAcknowledged, settled } from '../replication-state.ts';
import type {
  ApplyOutcome,
  Change,
  Entry,
  EpochSeen,
  KeptRoleState,
  Replication,
  Store,
  WriteResult,
} from '../store.ts';
import { forgetRecords } from './forget.ts';
import { backlogPage, bucketPage, divergentPage, livePage } from './pages.ts';
import { Records } from './records.ts';
import { Turn } from './turn.ts';

/** Records that are looked at in one turn of the event loop, the divergent writes against which each new one is held included. */
const MAX_LOOKED_AT = 5000;

/**
 * @param maxBytes what records may take, by an estimate; beyond it writes get `store_full`
 * @param onListed called with each record that lists a divergent write, when that is listed here
 */
export function memoryStore(maxBytes: number, onListed?: (listed: StoredRecord) => void): Store {
  const records = new Records(maxBytes, onListed);
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
    write: async (change) => write(records, highest.epoch, change, own()),
    apply: (record, replication, epoch) =>
      turn.do(() => {
        if (epoch !== undefined && epoch < highest.epoch) return { result: 'outdated', cost: 1 };
        return { result: apply(records, record, replication), cost: 1 + records.divergent.size };
      }),

    async settle({ key, epoch, version }, attempt, nextAttemptAt) {
      const slot = records.get(key);
      if (!slot || compareStamps(slot.entry.record, { epoch, version }) !== 0) return;
      const before = slot.entry.replication ?? ACKNOWLEDGED;
      const replication = settled(before, attempt, nextAttemptAt);
      if (replication !== before) records.replace(slot, { ...slot.entry, replication });
    },

    async list({ prefix, cursor, limit, now, values = false }) {
      const ready = records.sweep(now);
      if (ready) await ready;
      return livePage(records, { prefix, cursor, limit, now, values });
    },

    async count(now) {
      const ready = records.sweep(now);
      if (ready) await ready;
      return { count: records.liveAt(now), isAtLeast: false };
    },

    backlog: ({ cursor, limit }) => turn.do(() => ({ result: backlogPage(records, cursor, limit), cost: limit })),
    async backlogSize() {
      const oldest = records.unacknowledged.first()?.[0].updatedAt;
      return { count: records.unacknowledged.size, ...(oldest !== undefined && { oldest }) };
    },

    divergent: async ({ key, cursor, limit }) => divergentPage(records, key, cursor, limit),
    divergentCount: async () => records.divergent.size,

    forget: (which) => forgetRecords(records, which),

    groupSums: async () => groupSums(records.digests.sums),

    async digests(groups) {
      const found = new BigUint64Array(groups.length * BUCKETS_PER_GROUP);
      groups.forEach((group, i) => {
        found.set(bucketsOfGroup(records.digests.sums, group), i * BUCKETS_PER_GROUP);
      });
      return found;
    },

    headsIn: (buckets, cursor) =>
      turn.do(() => {
        const page = bucketPage(records, buckets, cursor);
        return { result: page, cost: page.heads.length };
      }),
  };
  return store;
}

/** The newer record stays. The older one is listed, if it is divergent: what is listed is owed to the other node. */
function apply(records: Records, record: StoredRecord, replication: Replication | undefined): ApplyOutcome {
  const old = records.get(record.key);
  const before = old?.entry.record;
  const order = before ? compareStamps(record, before) : 1;
  if (order > 0) records.put(old, { record, ...(replication && { replication }) });
  if (old && order === 0 && !isAcknowledged(old.entry.replication)) {
    records.replace(old, { ...old.entry, replication: replication ?? ACKNOWLEDGED });
  }
  const news = order > 0 ? [record.key] : [];
  if (before && order > 0 && isDivergent(before, record)) news.push(list(records, before));
  if (before && order < 0 && isDivergent(record, before)) news.push(list(records, record));
  dismissSeen(records, record, news);
  return order > 0 ? 'applied' : order === 0 ? 'same' : 'superseded';
}

/** Lists a divergent write, unless it is known already: it may have been acknowledged since. @returns the key of the listing */
function list(records: Records, write: StoredRecord): string {
  const record = listing(write, records.hasRoomForDivergent(write));
  if (records.get(record.key) === undefined) records.put(undefined, { record, replication: initialReplication(0) });
  return record.key;
}

/**
 * Takes from the list what the present record of a key, or another listed write, had seen. It is owed to the other node. Of
 * all pairs of them only those are looked at that have something new: the others were when the later one of them came.
 * @param news the keys under which there is something new
 * @param replaced what the record was written over
 * @returns whether anything was
 */
function dismissSeen(records: Records, by: StoredRecord, news: readonly string[], replaced?: StoredRecord): boolean {
  const before = records.divergent.size;
  if (before === 0 || news.length === 0) return false;
  const { entries } = divergentPage(records, clientKey(by.key), undefined, Number.POSITIVE_INFINITY);
  const present = [records.get(clientKey(by.key))?.entry, ...entries].flatMap((entry) => entry?.record ?? []);
  const isNew = ({ key }: StoredRecord) => news.includes(key);
  const newOnes = present.filter(isNew);
  for (const { record } of entries) {
    const isReplaced = replaced !== undefined && divergentKey(replaced) === record.key;
    const others = isNew(record) ? present : newOnes;
    const seenBy = isReplaced ? by : others.find((newer) => hasSeen(newer, record));
    if (seenBy === undefined) continue;
    records.put(records.get(record.key), { record: dismissal(record, seenBy), replication: initialReplication(0) });
  }
  return records.divergent.size < before;
}

/** An epoch that is over takes no more writes: what is dead of it may be forgotten, and no stamp of it may return. */
function write(records: Records, highestEpoch: number, change: Change, writer: string): WriteResult {
  const { key, value, expiresAt, epoch, now, inFlightUntil } = change;
  if (epoch < highestEpoch) return { outcome: 'outdated', epoch: highestEpoch };
  const old = records.get(key);
  const current = old?.entry;
  const rejected = rejectionOf(change, current);
  if (rejected) return rejected;
  const bucket = old?.bucket ?? bucketOf(key);
  const created = !(current && isLive(current.record, now));
  const record: StoredRecord = {
    key,
    epoch,
    version: (current?.record.version ?? 0) + 1,
    updatedAt: Math.max(now, current?.record.updatedAt ?? 0),
    ...(value !== undefined && { value }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...lineageAfter(current?.record, writer, epoch),
    writer,
  };
  const entry: Entry = { record, replication: initialReplication(inFlightUntil) };
  records.put(old, entry, bucket);
  const hasDismissed = dismissSeen(records, record, [key], current?.record);
  return { outcome: 'written', entry, created, ...(hasDismissed && { hasDismissed }) };
}
