// What a node tells the other of what it holds: digests, then stamps, then records. Both roles answer alike.
import { TandemError } from '../errors.ts';
import { inParallel } from '../in-parallel.ts';
import { MAX_BATCH_BYTES } from '../limits.ts';
import type {
  DigestAnswer,
  DigestQuestion,
  KeyStamp,
  RecordQuestion,
  RecordsAnswer,
  StampPage,
  StampQuestion,
} from '../peer/wire.ts';
import type { StoredRecord } from '../record.ts';
import type { EntryHead, Store } from '../store/store.ts';
import { batchBytes } from './shipping/batches.ts';

/** Records that are read before it is known whether they fit into the answer. */
const READ_AHEAD = 25;

/** All methods throw TandemError `stale_epoch` when the asking primary was replaced. */
export interface DigestServer {
  digest(question: DigestQuestion): Promise<DigestAnswer>;
  stamps(question: StampQuestion): Promise<StampPage>;
  records(question: RecordQuestion): Promise<RecordsAnswer>;
}

/** @param isReplica whether the node is one now, so that an epoch of its own is over */
export function serveDigests(store: Store, isReplica = false): DigestServer {
  async function refuseStale(epoch: number | undefined): Promise<number> {
    const highest = await store.highestEpoch();
    if (epoch !== undefined && epoch < highest) throw await staleEpoch(store, epoch, highest, isReplica);
    return highest;
  }

  return {
    async digest({ epoch, groups }) {
      const highestEpoch = await refuseStale(epoch);
      const sums = groups ? [...(await store.digests(groups))] : ((await store.groupSums()) ?? []);
      return { id: store.id, highestEpoch, sums };
    },

    async stamps({ epoch, buckets, cursor }) {
      await refuseStale(epoch);
      const page = await store.headsIn(buckets, cursor);
      return { stamps: page.heads.map(keyStampOf), ...(page.cursor && { cursor: page.cursor }) };
    },

    async records({ epoch, keys }) {
      await refuseStale(epoch);
      const records: StoredRecord[] = [];
      let bytes = 0;
      for (let asked = 0; asked < keys.length; ) {
        const entries = await inParallel(keys.slice(asked, asked + READ_AHEAD), (key) => store.get(key));
        for (const entry of entries) {
          bytes += entry ? batchBytes(entry.record) : 0;
          if (asked > 0 && bytes > MAX_BATCH_BYTES) return { records, asked };
          if (entry) records.push(entry.record);
          asked++;
        }
      }
      return { records, asked: keys.length };
    },
  };
}

export function keyStampOf({ key, epoch, version, deadAt }: EntryHead): KeyStamp {
  return { key, epoch, version, ...(deadAt !== undefined && { deadAt }) };
}

/**
 * The refusal of a primary that was replaced.
 * @param isReplica whether this node is one now. Then the refusal says so where the higher epoch is only this node's own,
 * from when it was primary
 */
export async function staleEpoch(
  store: Store,
  epoch: number,
  highestEpoch: number,
  isReplica: boolean,
): Promise<TandemError> {
  const isOwnFormerEpoch = isReplica && (await store.nodeState?.epochs())?.own === highestEpoch;
  const detail = `This node has seen epoch ${highestEpoch}; the primary of epoch ${epoch} was replaced and must not write.`;
  return new TandemError('stale_epoch', detail, { highestEpoch, ...(isOwnFormerEpoch && { isOwnFormerEpoch }) });
}
