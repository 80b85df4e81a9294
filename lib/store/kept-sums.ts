// What an engine answers of its digests that keeps the sum of each bucket.
import { BUCKETS_PER_GROUP, bucketsOfGroup, groupSums } from '../digest.ts';
import type { Store } from './store.ts';

/** @param sums of all buckets, kept up to date */
export function keptSums(sums: BigUint64Array): Pick<Store, 'groupSums' | 'digests'> {
  return {
    groupSums: async () => groupSums(sums),
    async digests(groups) {
      const found = new BigUint64Array(groups.length * BUCKETS_PER_GROUP);
      groups.forEach((group, i) => {
        found.set(bucketsOfGroup(sums, group), i * BUCKETS_PER_GROUP);
      });
      return found;
    },
  };
}
