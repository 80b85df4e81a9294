// The primary's part of this process's node. It starts as soon as this is loaded; on a replica it never does.
import { faults } from './fault-injection.ts';
import { clock, config, log, settings, state } from './node.ts';
import { newContact, owe } from './replication/contact.ts';
import { faultyPeer } from './replication/faulty.ts';
import { httpPeer } from './replication/http-peer.ts';
import { contactAtStart, noteKeeper } from './replication/note.ts';
import type { Peer } from './replication/peer.ts';
import { createPrimary, type Primary, type PrimaryParts } from './replication/primary.ts';
import { recover } from './replication/recover.ts';
import { reignInMemory, reigningPeer, reignOver } from './replication/reign.ts';
import { lookUpAhead } from './settings.ts';
import type { Durable } from './store/store.ts';
import { store } from './store-node.ts';

let started: Promise<Primary> | undefined;

/** The primary, once it has recovered. One that could not start tries again. */
export function primary(): Promise<Primary> {
  started ??= start().catch((error) => {
    started = undefined;
    throw error;
  });
  return started;
}

if (config.role === 'primary') primary().catch((error) => log.error('the primary could not start', {}, error));

async function start(): Promise<Primary> {
  const { retentionMs } = config;
  // Where the replica is goes along with the first question to Parameter Store, so that the first write need not wait
  // for one of its own.
  lookUpAhead([settings.peerUrl, settings.peerTokens]);
  const http = httpPeer(settings.peerUrl, settings.peerTokens);
  const peer = faults ? faultyPeer(http, faults, clock) : http;
  const parts = { store, clock, random: Math.random, log, retentionMs };
  if (store.durable) return createPrimary({ ...parts, ...(await goOn(store.durable, peer)) });
  const { epoch, recoveredFrom } = await recover({ store, peer, clock, retentionMs });
  state.recovering = false;
  const contact = newContact(recoveredFrom === undefined ? undefined : { id: recoveredFrom, at: clock.now() });
  return createPrimary({ ...parts, peer, reign: reignInMemory(epoch), contact });
}

/** A durable store has what it had, and the reign over it goes on. */
async function goOn(durable: Durable, peer: Peer): Promise<Pick<PrimaryParts, 'peer' | 'reign' | 'contact' | 'note'>> {
  const [reign, contact] = await Promise.all([reignOver(durable, clock), contactAtStart(durable, clock.now())]);
  const inReign = reigningPeer(peer, reign, clock, () => owe(contact));
  return { peer: inReign, reign, contact, note: noteKeeper(durable, contact) };
}
