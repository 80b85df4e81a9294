// The nodes that this page shows, and what both last said of themselves.
import { computed, signal } from '@preact/signals';
import { type ConsoleNode, nodesIn, paceOf } from '../nodes/addresses.ts';
import {
  FIRST_LEAD,
  type Lead,
  leadAfter,
  labelOf as pairLabelOf,
  nameOf as pairNameOf,
  roleOf as pairRoleOf,
} from '../nodes/pair.ts';
import { tab } from '../nodes/tab.ts';
import { type NodeName, otherNode } from '../recording/observation.ts';
import { NOT_SEEN, type Seen } from '../watch/seen.ts';

const TYPED = 'addresses that were typed';

export const nodes = nodesIn(location.search, tab.get(TYPED).split(' '));
export const NODES: readonly ConsoleNode[] = [nodes.a, nodes.b];
export const pace = paceOf(nodes);

/** Has this tab remember which addresses were typed into it. */
export function rememberTyped(addresses: readonly string[]): void {
  tab.set(TYPED, addresses.join(' '));
}

export type BothSeen = Readonly<Record<NodeName, Seen>>;

/** What the last look has seen of each node. */
export const seen = signal<BothSeen>({ a: NOT_SEEN, b: NOT_SEEN });

/** Who leads. */
export const lead = signal<Lead>(FIRST_LEAD);
export const follower = computed<NodeName>(() => otherNode(lead.value.leader));

/** Takes in a look at both nodes. */
export function takeIn(look: BothSeen): void {
  lead.value = leadAfter(lead.value, { a: roleSeen(look.a), b: roleSeen(look.b) });
  seen.value = look;
}

const roleSeen = ({ isAnswering, state, role, status }: Seen) => ({ isAnswering, state, role, epoch: status?.epoch });

/** The node has said that it does not lead. The next look tells more. */
export function refusedBy(node: NodeName): void {
  lead.value = { ...lead.value, leader: otherNode(node) };
}

export const roleOf = (node: NodeName) => pairRoleOf(lead.value, node);
export const nameOf = (node: NodeName) => pairNameOf(lead.value, node);
export const labelOf = (node: NodeName) => pairLabelOf(lead.value, node);
