// The primary's part of this process's node, put together when it is first asked for: a replica never does.
import { clock, config, log, store } from './node.ts';
import { beginReign } from './replication/epoch.ts';
import { httpPeer } from './replication/http-peer.ts';
import { createPrimary, type Primary } from './replication/primary.ts';

let started: Promise<Primary> | undefined;

export function primary(): Promise<Primary> {
  started ??= start();
  return started;
}

async function start(): Promise<Primary> {
  const epoch = await beginReign(store, clock);
  const peer = httpPeer(config.peerUrl, config.peerToken);
  return createPrimary({ store, peer, clock, random: Math.random, log, epoch });
}
