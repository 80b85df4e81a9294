// What a node tells the other of its contents: digests, then stamps, then records. Both roles answer alike.

import { bucketsOfGroup, groupSums } from '../digest.ts';
import { TandemError } from '../errors.ts';
import { MAX_BATCH_BYTES } from '../limits.ts';
import { deadAt, type StoredRecord } from '../record.ts';
import type { Store } from '../store/store.ts';
import { batchBytes } from './batches.ts';
import type { DigestAnswer, KeyStamp, StampPage } from './peer.ts';

export interface Contents {
  digest(question: { epoch?: number; groups?: readonly number[] }): Promise<DigestAnswer>;
  stamps(question: { epoch?: number; buckets: readonly number[]; cursor?: string }): Promise<StampPage>;
  records(question: { epoch?: number; keys: readonly string[] }): Promise<{ records: StoredRecord[]; asked: number }>;
}

/** All of these throw TandemError `stale_epoch` when the asking primary was replaced. */
export function createContents(store: Store): Contents {
  return {
    async digest({ epoch, groups }) {
      const highestEpoch = await refuseStale(store, epoch);
      const digests = await store.digests();
      const sums = groups ? groups.flatMap((group) => [...bucketsOfGroup(digests, group)]) : groupSums(digests);
      return { id: store.id, highestEpoch, sums };
    },

    async stamps({ epoch, buckets, cursor }) {
      await refuseStale(store, epoch);
      const page = await store.entriesIn(buckets, cursor);
      return {
        stamps: page.entries.map(({ record }) => keyStampOf(record)),
        ...(page.cursor && { cursor: page.cursor }),
      };
    },

    async records({ epoch, keys }) {
      await refuseStale(store, epoch);
      const records: StoredRecord[] = [];
      let bytes = 0;
      let asked = 0;
      for (const key of keys) {
        const record = (await store.get(key))?.record;
        bytes += record ? batchBytes(record) : 0;
        if (asked > 0 && bytes > MAX_BATCH_BYTES) break;
        if (record) records.push(record);
        asked++;
      }
      return { records, asked };
    },
  };
}

export function keyStampOf(record: StoredRecord): KeyStamp {
  const { key, epoch, version } = record;
  const dead = deadAt(record);
  return { key, epoch, version, ...(dead !== undefined && { deadAt: dead }) };
}

/** @returns the highest epoch seen here */
async function refuseStale(store: Store, epoch: number | undefined): Promise<number> {
  const highest = await store.highestEpoch();
  if (epoch !== undefined && epoch < highest) throw staleEpoch(epoch, highest);
  return highest;
}

export function staleEpoch(epoch: number, highestEpoch: number): TandemError {
  const detail = `This node has seen epoch ${highestEpoch}; the primary of epoch ${epoch} was replaced and must not write.`;
  return new TandemError('stale_epoch', detail, { highestEpoch });
}
