// A durable store without DynamoDB: the in-memory one, with what a durable one has in addition.
import { memoryStore } from '../../lib/store/memory.ts';
import type { Durable, Store } from '../../lib/store/store.ts';

export function durableStore(): Store & { readonly durable: Durable } {
  const store = memoryStore(1e9);
  let own: number | undefined;
  let text: string | undefined;
  const durable: Durable = {
    reign: async () => ({ highest: await store.highestEpoch(), ...(own !== undefined && { own }) }),
    async beginReign(epoch) {
      if ((await store.highestEpoch()) >= epoch) return;
      await store.raiseEpoch(epoch);
      own = epoch;
    },
    note: async () => text,
    async setNote(next) {
      text = next;
    },
  };
  return Object.assign(store, { durable });
}
