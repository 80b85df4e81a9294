// Records for tests of replication, and whether two stores hold the same.
import { expect } from '@jest/globals';
import { ALL_GROUPS, groupSums } from '../../lib/digest.ts';
import type { StoredRecord } from '../../lib/record.ts';
import type { Replication, Store } from '../../lib/store/store.ts';
import { START } from './replication.ts';

/** Of a record that the replica has acknowledged. */
export const REPLICATED: Replication = { status: 'replicated', attempts: [] };

/** Names the contents that have written all records of `recordOf`. */
export const WRITER = '00000000000000aa';

/** A record of the first epoch, whose value is its version. */
export const recordOf = (key: string, version: number, more: Partial<StoredRecord> = {}) => ({
  key,
  value: `${version}`,
  epoch: START,
  version,
  updatedAt: START,
  writer: WRITER,
  ...more,
});

export async function expectAlike(a: Store, b: Store): Promise<void> {
  expect(groupSums(await a.digests(ALL_GROUPS))).toEqual(groupSums(await b.digests(ALL_GROUPS)));
}
