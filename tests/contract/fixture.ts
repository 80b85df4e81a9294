// What the parts of the store's contract share: an empty store for each test, and short ways to use it.
import { beforeEach, test } from '@jest/globals';
import type { StoredRecord } from '../../lib/record.ts';
import { writerOf } from '../../lib/store/base.ts';
import type { Change, Entry, HeadPage, Page, Store, WriteResult } from '../../lib/store/store.ts';
import type { Engine } from './store.ts';

export const EPOCH = 1_763_790_000_000;
export const NOW = EPOCH + 1000;
export const IN_FLIGHT = NOW + 10_000;
/** Names contents that are none of the stores'. */
export const OTHER = '0000000000000bee';

type Options = Partial<Omit<Change, 'key' | 'contents'>> & { readonly expiresAt?: number };

/** Without a value it is a deletion. */
export const change = (key: string, value?: string, { expiresAt, ...more }: Options = {}): Change => ({
  key,
  epoch: EPOCH,
  now: NOW,
  inFlightUntil: IN_FLIGHT,
  ...(value !== undefined && { contents: { value, ...(expiresAt !== undefined && { expiresAt }) } }),
  ...more,
});
/** A record of other contents. */
export const copy = (key: string, version: number, more: Partial<StoredRecord> = {}): StoredRecord => ({
  key,
  value: `${version}`,
  epoch: EPOCH,
  version,
  updatedAt: NOW,
  writer: OTHER,
  ...more,
});
export const written = (result: WriteResult): Entry => {
  if (result.outcome !== 'written') throw new Error(result.outcome);
  return result.entry;
};

/**
 * A test of something that an engine may declare that it does otherwise: then `otherwise` must hold in its place.
 * @param reason why it does otherwise, if it does. `npm run contract` reads it from the test's name
 */
export function differing(
  title: string,
  reason: string | undefined,
  { test: usual, otherwise }: { readonly test: () => Promise<void>; readonly otherwise: () => Promise<void> },
): void {
  if (reason === undefined) test(title, usual);
  else test(`${title} (differs: ${reason})`, otherwise);
}

export interface Fixture {
  readonly engine: Engine;
  /** Of a property: each run makes a store of its own. */
  readonly runs: { readonly numRuns: number };
  /** An empty store. */
  readonly create: () => Promise<Store>;
  /** The store of this test. */
  readonly store: Store;
  /** Names the contents of this test's store, as a writer. */
  readonly writer: string;
  put(key: string, value?: string, more?: Options): Promise<Entry>;
  /** As after the replica has taken it. */
  acknowledge(entry: Entry): Promise<void>;
  /** Checks what an index says: once, or where indexes lag again and again until it holds, for as long as they may. */
  eventually(check: () => Promise<void>): Promise<void>;
  /** The keys of all pages. */
  pages(next: (cursor?: string) => Promise<Page | HeadPage>): Promise<string[][]>;
}

export function fixture(engine: Engine): Fixture {
  const { create, numRuns = 50 } = engine;
  let store: Store;
  beforeEach(async () => {
    store = await create();
  });
  return {
    engine,
    runs: { numRuns },
    create,
    get store() {
      return store;
    },
    get writer() {
      return writerOf(store.id);
    },
    put: async (key, value = '1', more = {}) => written(await store.write(change(key, value, more))),
    acknowledge: (entry) => store.settle(entry.record, { at: NOW, durationMs: 5, outcome: 'applied' }),
    async eventually(check) {
      const { lagMs = 0 } = engine;
      if (lagMs === 0) return check();
      const end = performance.now() + lagMs;
      for (;;) {
        try {
          return await check();
        } catch (error) {
          if (performance.now() > end) throw error;
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    async pages(next) {
      const all: string[][] = [];
      for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
        const page = await next(cursor);
        all.push('heads' in page ? page.heads.map(({ key }) => key) : page.entries.map(({ record }) => record.key));
        cursor = page.cursor;
      }
      return all;
    },
  };
}
