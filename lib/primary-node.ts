// The primary's part of this process's node. It starts as soon as this is loaded; on a replica it never does.
import { faults } from './fault-injection.ts';
import { clock, config, log, state, store } from './node.ts';
import { faultyPeer } from './replication/faulty.ts';
import { httpPeer } from './replication/http-peer.ts';
import { createPrimary, type Primary } from './replication/primary.ts';
import { recover } from './replication/recover.ts';

let started: Promise<Primary> | undefined;

/** The primary, once it has recovered. */
export function primary(): Promise<Primary> {
  started ??= start();
  return started;
}

if (config.role === 'primary') primary().catch((error) => log.error('the primary could not start', {}, error));

async function start(): Promise<Primary> {
  const { retentionMs } = config;
  const http = httpPeer(config.peerUrl, config.peerToken);
  const peer = faults ? faultyPeer(http, faults, clock) : http;
  const recovery = await recover({ store, peer, clock, retentionMs });
  state.recovering = false;
  return createPrimary({ store, peer, clock, random: Math.random, log, retentionMs, ...recovery });
}
