// What the parts of the store's contract share: an empty store for each test, and short ways to use it.
import { beforeEach } from '@jest/globals';
import type { StoredRecord } from '../../lib/record.ts';
import type { Change, Entry, Page, Store, WriteResult } from '../../lib/store/store.ts';

export const EPOCH = 1_763_790_000_000;
export const NOW = EPOCH + 1000;
export const LEASE = NOW + 10_000;
/** Each run makes a store of its own. */
export const FEW_RUNS = { numRuns: 50 };

export const change = (key: string, value?: string, more: Partial<Change> = {}): Change => ({
  key,
  epoch: EPOCH,
  now: NOW,
  leaseUntil: LEASE,
  ...(value !== undefined && { value }),
  ...more,
});
export const copy = (key: string, version: number, more: Partial<StoredRecord> = {}): StoredRecord => ({
  key,
  value: `${version}`,
  epoch: EPOCH,
  version,
  updatedAt: NOW,
  ...more,
});
export const written = (result: WriteResult): Entry => {
  if (result.outcome !== 'written') throw new Error('refused');
  return result.entry;
};

export interface Fixture {
  /** An empty store. */
  readonly create: () => Promise<Store>;
  /** The store of this test. */
  readonly store: Store;
  put(key: string, value?: string, more?: Partial<Change>): Promise<Entry>;
  /** As after the replica has taken it. */
  acknowledge(entry: Entry): Promise<void>;
  /** The keys of all pages. */
  pages(next: (cursor?: string) => Promise<Page>): Promise<string[][]>;
}

export function fixture(create: () => Promise<Store>): Fixture {
  let store: Store;
  beforeEach(async () => {
    store = await create();
  });
  return {
    create,
    get store() {
      return store;
    },
    put: async (key, value = '1', more = {}) => written(await store.write(change(key, value, more))),
    acknowledge: (entry) =>
      store.settle(entry.record.key, entry.record, { at: NOW, durationMs: 5, outcome: 'applied' }),
    async pages(next) {
      const all: string[][] = [];
      for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
        const page = await next(cursor);
        all.push(page.entries.map(({ record }) => record.key));
        cursor = page.cursor;
      }
      return all;
    },
  };
}
