// What a node tells the other of what it holds: digests, then stamps, then records. Both roles answer alike.
import type { Clock } from '../clock.ts';
import { inParallel } from '../in-parallel.ts';
import { MAX_BATCH_BYTES, MAX_BATCH_RECORDS } from '../limits.ts';
import type {
  DigestAnswer,
  DigestQuestion,
  KeyStamp,
  OwedQuestion,
  PageQuestion,
  RecordPage,
  RecordQuestion,
  RecordsAnswer,
  StampPage,
  StampQuestion,
} from '../peer/wire.ts';
import type { StoredRecord } from '../record.ts';
import { headOf } from '../store/head.ts';
import type { EntryHead, Store } from '../store/store.ts';
import type { Admit } from './admit.ts';
import { recordPage } from './record-page.ts';
import { batchBytes } from './shipping/batches.ts';

/** Records that are read before it is known whether they fit into the answer. */
const READ_AHEAD = 25;

/** All methods throw TandemError `other_contents` and `stale_epoch`, but `groupSums`, which is for people. */
export interface DigestServer {
  groupSums(): Promise<DigestAnswer>;
  digest(question: DigestQuestion): Promise<DigestAnswer>;
  stamps(question: StampQuestion): Promise<StampPage>;
  records(question: RecordQuestion): Promise<RecordsAnswer>;
  page(question: PageQuestion): Promise<RecordPage>;
  owed(question: OwedQuestion): Promise<StampPage>;
}

export function serveDigests(store: Store, clock: Clock, admit: Admit): DigestServer {
  const server: DigestServer = {
    async groupSums() {
      return { sums: (await store.groupSums()) ?? [] };
    },

    async digest({ groups, ...sender }) {
      await admit(sender);
      return groups ? { sums: [...(await store.digests(groups))] } : server.groupSums();
    },

    async stamps({ buckets, cursor, ...sender }) {
      await admit(sender);
      const page = await store.headsIn(buckets, cursor);
      return { stamps: page.heads.map(keyStampOf), ...(page.cursor && { cursor: page.cursor }) };
    },

    async records({ keys, ...sender }) {
      await admit(sender);
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

    async page({ after, ...sender }) {
      await admit(sender);
      return recordPage(store, after, clock.now());
    },

    async owed({ owedAfter, ...sender }) {
      await admit(sender);
      const query = { limit: MAX_BATCH_RECORDS, ...(owedAfter !== null && { cursor: owedAfter }) };
      const { entries, cursor } = await store.backlog(query);
      return { stamps: entries.map((entry) => keyStampOf(headOf(entry))), ...(cursor && { cursor }) };
    },
  };
  return server;
}

function keyStampOf({ key, epoch, version, deadAt }: EntryHead): KeyStamp {
  return { key, epoch, version, ...(deadAt !== undefined && { deadAt }) };
}
