// The other node, as this process's node reaches it, and what this node says of itself.
import { type CheckPeer, peerChecker } from '../peer/check-peer.ts';
import { httpPeer } from '../peer/http-peer.ts';
import type { Handshake } from '../peer/wire.ts';
import { clock, config, settings, state } from './process.ts';
import { store } from './store.ts';

export const peer = httpPeer(settings.peerUrl, settings.peerTokens);

/** What this node says of itself. */
export async function ownHandshake(): Promise<Handshake> {
  const highestEpoch = await store.highestEpoch();
  return { role: config.role, id: store.id, state: state.recovering ? 'recovering' : 'serving', highestEpoch };
}

/** Whether the other node answers now, and what it is: see lib/peer/check-peer.ts. */
export const checkPeer: CheckPeer = peerChecker(peer, ownHandshake, clock);
