// A process of a primary over a durable store, and the replica that it reaches.
import type { TandemError } from '../../lib/errors.ts';
import { owe } from '../../lib/replication/contact.ts';
import { contactAtStart, noteKeeper } from '../../lib/replication/note.ts';
import { type Batch, PeerError } from '../../lib/replication/peer.ts';
import { createPrimary } from '../../lib/replication/primary.ts';
import { reigningPeer, reignOver } from '../../lib/replication/reign.ts';
import { createReplica } from '../../lib/replication/replica.ts';
import { durableStore } from './durable.ts';
import { RETENTION_MS, TestClock, TestPeer } from './replication.ts';

/** A process of a primary. The replica that it reaches refuses what a real one refuses. */
export async function startProcess(store = durableStore(), peer = new TestPeer(), clock = new TestClock()) {
  const log = { warn: () => {}, error: () => {} };
  const replica = () => createReplica({ store: peer.store, clock, log, faultOf: ({ key }) => peer.refuses(key) });
  const strict = Object.assign(Object.create(peer), {
    replicate: async (batch: Batch) => {
      peer.batches.push(batch);
      if (peer.down !== undefined) throw new PeerError(peer.down);
      try {
        return await replica().apply(batch);
      } catch (error) {
        const { highestEpoch, isOver } = (error as TandemError).extra as { highestEpoch?: number; isOver?: boolean };
        throw new PeerError(`${error}`, highestEpoch, isOver);
      }
    },
  });
  const reign = await reignOver(store.durable, clock);
  const contact = await contactAtStart(store.durable, clock.now());
  const primary = createPrimary({
    store,
    clock,
    reign,
    contact,
    note: noteKeeper(store.durable, contact),
    peer: reigningPeer(strict, reign, clock, () => owe(contact)),
    random: () => 0.5,
    log,
    retentionMs: RETENTION_MS,
  });
  const put = (key: string, value: unknown = key) => primary.write({ key, value: JSON.stringify(value) });
  return { primary, reign, store, peer, clock, put };
}
