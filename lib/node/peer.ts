// The other node, as this process's node reaches it, and what this node says of itself.
import { type CheckPeer, peerChecker } from '../peer/check-peer.ts';
import { httpPeer } from '../peer/http-peer.ts';
import type { Handshake } from '../peer/wire.ts';
import { clock, config, settings, state } from './process.ts';
import { store } from './store.ts';

export const peer = httpPeer(settings.peerUrl, settings.peerTokens);

/** What this node says of itself. */
export async function describe(): Promise<Handshake> {
  const [{ epoch: highestEpoch }, nodeState] = await Promise.all([store.highestEpoch(), stateNow()]);
  return { role: config.role, id: store.id, state: nodeState, highestEpoch };
}

async function stateNow(): Promise<Handshake['state']> {
  if (config.role === 'primary') return state.recovering ? 'recovering' : 'serving';
  return (await store.isComplete()) ? 'serving' : 'refilling';
}

/** Whether the other node answers now, and what it is: see lib/peer/check-peer.ts. */
export const checkPeer: CheckPeer = peerChecker(peer, describe, clock);
