// Who leads: what both nodes last said of their roles, and what they are called for it.
import type { Role } from '../../lib/role.ts';
import { NODE_NAMES, type NodeName, type NodeState, nodeLetter, otherNode } from '../recording/observation.ts';

export interface Lead {
  /** The node that writes go to: of two that lead, the one with the later epoch. */
  readonly leader: NodeName;
  /** How many lead: `one` (or none is known to), `both`, `none`. */
  readonly lead: 'one' | 'both' | 'none';
}

/** What is needed of a look at a node. */
export interface RoleSeen {
  readonly isAnswering: boolean;
  readonly state: NodeState | undefined;
  readonly role?: Role | undefined;
  readonly epoch?: number | null | undefined;
}

export const FIRST_LEAD: Lead = { leader: 'a', lead: 'one' };

/** @param before who led until now @param seen what was seen of each node */
export function leadAfter({ leader }: Lead, seen: Readonly<Record<NodeName, RoleSeen>>): Lead {
  const answering = NODE_NAMES.filter((id) => seen[id].isAnswering);
  const primaries = answering.filter((id) => seen[id].role === 'primary');
  const serving = primaries.filter((id) => seen[id].state !== 'recovering');
  const leaders = serving.length > 0 ? serving : primaries;
  const lead = leadOf(answering, leaders, serving);
  const [first, second] = leaders;
  if (first && !second) return { lead, leader: first };
  if (first && second) return { lead, leader: laterOf(seen, leader) };
  // A replica alone: its primary is the one that does not answer.
  const [only, another] = answering;
  return { lead, leader: only && !another ? otherNode(only) : leader };
}

function leadOf(
  answering: readonly NodeName[],
  leaders: readonly NodeName[],
  serving: readonly NodeName[],
): Lead['lead'] {
  if (serving.length === 2) return 'both';
  return answering.length === 2 && leaders.length !== 1 ? 'none' : 'one';
}

/** @param present if neither is later */
function laterOf(seen: Readonly<Record<NodeName, RoleSeen>>, present: NodeName): NodeName {
  const ahead = (seen.a.epoch ?? 0) - (seen.b.epoch ?? 0);
  if (ahead === 0) return present;
  return ahead > 0 ? 'a' : 'b';
}

export function roleOf({ lead, leader }: Lead, node: NodeName): Role {
  if (lead === 'one') return node === leader ? 'primary' : 'replica';
  return lead === 'both' ? 'primary' : 'replica';
}

/** In a sentence: by its role while that is the role of one, else by its name. */
export const nameOf = (lead: Lead, node: NodeName): string =>
  lead.lead === 'one' ? `the ${roleOf(lead, node)}` : `node ${nodeLetter(node)}`;

/** Beside other labels: `A · primary`. */
export const labelOf = (lead: Lead, node: NodeName): string => `${nodeLetter(node)} · ${roleOf(lead, node)}`;
