// What a status of this process's node is made of. Telling it must not begin an epoch: a durable primary, which has
// processes of its own, is not started for it.
import { type PeerCheck, peerChecker } from '../peer/check-peer.ts';
import type { Handshake } from '../peer/wire.ts';
import { describe } from '../replication/describe.ts';
import { savedLastContact } from '../replication/last-contact.ts';
import { leads } from '../replication/meet.ts';
import { type SavedReplicaState, savedReplicaState } from '../replication/shared-replica-state.ts';
import { grantIn } from '../replication/switchover.ts';
import type { Role } from '../role.ts';
import { loadMemoryNode } from './load-memory-node.ts';
import { loadNode } from './on-demand.ts';
import { peer } from './peer.ts';
import { clock, peerUrlIfKnown } from './process.ts';
import { roles } from './roles.ts';
import { store } from './store.ts';

/** The other node, as it was found. */
export interface PeerSeen {
  readonly url: string | undefined;
  readonly check: PeerCheck;
}

export type NodeFacts =
  | { readonly kind: 'recovering'; readonly peer: PeerSeen }
  | {
      readonly kind: 'primary';
      readonly peer: PeerSeen;
      /** Absent before the first write. */
      readonly epoch?: number;
      /** It takes no writes, since the replica is to lead. */
      readonly isSwitching: boolean;
      readonly known: SavedReplicaState;
    }
  | {
      readonly kind: 'replica';
      readonly peer: PeerSeen;
      readonly lastContactAt: number | undefined;
      /** Its primary has not filled it yet. */
      readonly isRefilling: boolean;
    };

/** What a node that leads knows. */
interface Leading {
  /** Absent before the first write. */
  readonly epoch?: number;
  readonly known: SavedReplicaState;
}

const checkPeer = peerChecker(peer, describeSelf, clock);
/** The last answer of the other node that this one has heard. */
let heard: PeerCheck | undefined;
/** How often the role of this node had changed when it last asked the other one: an answer from before says little of now. */
let askedAfter = 0;

export async function nodeFacts(): Promise<NodeFacts> {
  const before = await ownFacts();
  const hasFailed = typeof before === 'object' && before.known.error !== undefined;
  const { term } = roles.believed;
  const isDoubted = hasFailed || term !== askedAfter;
  askedAfter = term;
  const [url, check] = await Promise.all([peerUrlIfKnown(), checkPeer(isDoubted)]);
  await hearOnce(check);
  const seen = { url, check };
  // What it has heard may have changed its role.
  const own = await ownFacts();
  if (own === 'recovering') return { kind: own, peer: seen };
  return own === 'replica' ? replicaSide(seen) : primarySide(seen, own);
}

async function ownFacts(): Promise<Leading | 'recovering' | 'replica'> {
  const { nodeState } = store;
  if (!nodeState) {
    const { leading, isRecovering } = await loadMemoryNode();
    if (!leading) return isRecovering ? 'recovering' : 'replica';
    return { epoch: leading.epoch, known: { ...leading.replicaFacts, circuit: leading.circuit } };
  }
  if ((await roles.now()).role === 'replica') return 'replica';
  const [{ own }, known] = await Promise.all([nodeState.epochs(), savedReplicaState(nodeState)]);
  return { known, ...(own !== undefined && { epoch: own }) };
}

/** Asks the other node now, and learns what it says. That it does not answer is what nothing is learned from. */
export async function askOther(): Promise<void> {
  const { answer } = await checkPeer(true);
  if (!answer) return;
  const node = await loadNode();
  await node.hear(answer);
}

/** What the other node said a second ago, and was heard already, may be of contents that are gone by now. */
async function hearOnce(check: PeerCheck): Promise<void> {
  const { answer } = check;
  if (check === heard || !answer) return;
  heard = check;
  if (store.nodeState && !isNews((await roles.now()).role, answer)) return;
  const node = await loadNode();
  await node.hear(answer);
}

/** Whether a durable node learns from an answer who leads: the rest of it is for its next repair. */
function isNews(role: Role, answer: Handshake): boolean {
  return role === 'primary' ? leads(answer) : grantIn(answer, store.id) !== undefined;
}

async function describeSelf(): Promise<Handshake> {
  if (store.nodeState) return describe({ store, clock, roles, isRecovering: () => false });
  return (await loadMemoryNode()).describe();
}

async function primarySide(peer: PeerSeen, leading: Leading): Promise<NodeFacts> {
  const { switching } = await roles.now();
  const isSwitching = switching !== undefined && switching.until > clock.now();
  return { kind: 'primary', peer, isSwitching, ...leading };
}

async function replicaSide(peer: PeerSeen): Promise<NodeFacts> {
  const isRefilling = !(await store.isComplete());
  return { kind: 'replica', peer, lastContactAt: await lastContactAt(), isRefilling };
}

async function lastContactAt(): Promise<number | undefined> {
  if (store.nodeState) return (await savedLastContact(store.nodeState, roles.believed.term)).lastContactAt;
  return (await loadMemoryNode()).replica.lastContactAt;
}
