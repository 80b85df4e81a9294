// What a status of this process's node is made of. Telling it must not begin an epoch: a durable primary, which has
// processes of its own, is not started for it.
import type { PeerCheck } from '../peer/check-peer.ts';
import { savedLastContact } from '../replication/last-contact.ts';
import type { Primary } from '../replication/primary.ts';
import { type SavedReplicaState, savedReplicaState } from '../replication/shared-replica-state.ts';
import { loadPrimary } from './load-primary.ts';
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
  | { readonly kind: 'recovering'; readonly peer: PeerSeen }
  /** `epoch` is absent before the first write. */
  | { readonly kind: 'primary'; readonly peer: PeerSeen; readonly epoch?: number; readonly known: SavedReplicaState }
  | {
      readonly kind: 'replica';
      readonly peer: PeerSeen;
      readonly lastContactAt: number | undefined;
      /** Its primary has not filled it yet. */
      readonly isRefilling: boolean;
    };

/** The last answer of the replica that the primary was told. */
let heard: PeerCheck | undefined;

export async function nodeFacts(): Promise<NodeFacts> {
  if (state.recovering) return { kind: 'recovering', peer: await seePeer() };
  return config.role === 'replica' ? replicaSide() : primarySide();
}

async function replicaSide(): Promise<NodeFacts> {
  const { nodeState } = store;
  const peer = await seePeer();
  const lastContactAt = nodeState ? await savedLastContact(nodeState) : replica().lastContactAt;
  return { kind: 'replica', peer, lastContactAt, isRefilling: !(await store.isComplete()) };
}

async function primarySide(): Promise<NodeFacts> {
  const { nodeState } = store;
  if (nodeState) {
    const [{ own }, known] = await Promise.all([nodeState.epochs(), savedReplicaState(nodeState)]);
    const peer = await seePeer(known.error !== undefined);
    return { kind: 'primary', peer, known, ...(own !== undefined && { epoch: own }) };
  }
  const { primary } = await loadPrimary();
  const node = await primary();
  const peer = await seePeer(node.replicaFacts.error !== undefined);
  await hearOnce(node, peer.check);
  return { kind: 'primary', peer, epoch: node.epoch, known: { ...node.replicaFacts, circuit: node.circuit } };
}

/** What the replica said a second ago, and was told already, may be of contents that are gone by now. */
async function hearOnce(node: Primary, check: PeerCheck): Promise<void> {
  if (check === heard || !check.answer) return;
  heard = check;
  await node.hear(check.answer);
}

/** @param isDoubted a request to it has failed since it last answered */
async function seePeer(isDoubted = false): Promise<PeerSeen> {
  const [url, check] = await Promise.all([peerUrlIfKnown(), checkPeer(isDoubted)]);
  return { url, check };
}
