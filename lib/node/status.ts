// What a status of this process's node is made of. Telling it must not begin an epoch: a durable primary, which has
// processes of its own, is not started for it.
import type { PeerCheck } from '../peer/check-peer.ts';
import { savedLastContact } from '../replication/last-contact.ts';
import { type SavedReplicaState, savedReplicaState } from '../replication/shared-replica-state.ts';
import { checkPeer } from './peer.ts';
import { config, peerUrlIfKnown, state } from './process.ts';
import { replica } from './replica.ts';
import { store } from './store.ts';

/** The other node, as it was found. */
export interface PeerSeen {
  readonly url: string | undefined;
  readonly check: PeerCheck;
}

export type NodeFacts =
  | { readonly kind: 'recovering' }
  /** `epoch` is absent before the first write. */
  | { readonly kind: 'primary'; readonly peer: PeerSeen; readonly epoch?: number; readonly known: SavedReplicaState }
  | { readonly kind: 'replica'; readonly peer: PeerSeen; readonly lastContactAt: number | undefined };

export async function nodeFacts(): Promise<NodeFacts> {
  if (state.recovering) return { kind: 'recovering' };
  const [url, check] = await Promise.all([peerUrlIfKnown(), checkPeer()]);
  const peer = { url, check };
  return config.role === 'replica' ? replicaSide(peer) : primarySide(peer);
}

async function replicaSide(peer: PeerSeen): Promise<NodeFacts> {
  const { nodeState } = store;
  const lastContactAt = nodeState ? await savedLastContact(nodeState) : replica().lastContactAt;
  return { kind: 'replica', peer, lastContactAt };
}

async function primarySide(peer: PeerSeen): Promise<NodeFacts> {
  const { nodeState } = store;
  if (nodeState) {
    const [{ own }, known] = await Promise.all([nodeState.epochs(), savedReplicaState(nodeState)]);
    return { kind: 'primary', peer, known, ...(own !== undefined && { epoch: own }) };
  }
  const { primary } = await import('./primary.ts');
  const node = await primary();
  if (peer.check.answer) node.hear(peer.check.answer);
  return { kind: 'primary', peer, epoch: node.epoch, known: { ...node.replicaFacts, circuit: node.circuit } };
}
