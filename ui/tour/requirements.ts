// What has to be in order before something can be done: each says what is not, and what puts it right.
import type { NodeName } from '../recording/observation.ts';
import type { Requirement, Wrong } from './step.ts';
import { howToKill, howToStart, letter } from './words.ts';
import {
  faultsOn,
  followerOf,
  isDown,
  isFrozen,
  isInSync,
  isServing,
  leaderOf,
  leadersLook,
  type World,
} from './world.ts';

/** The stage draws what happens now, and there are nodes. */
export const isNow: Requirement = ({ page }) => {
  if (page.isReplayed)
    return {
      text: 'This page replays a file and asks no node for anything. Open the console without it to take the tour.',
    };
  if (page.isLive) return undefined;
  return { text: 'The stage shows the past.', target: 'live', deed: { do: 'go live' }, label: 'Back to live' };
};

function notServing(world: World, node: NodeName): Wrong | undefined {
  if (isServing(world, node)) return undefined;
  const name = letter(node);
  const { look, process } = world.nodes[node];
  const { hasLauncher } = world.page;
  if (!look) return { text: `Node ${name} has not been looked at yet.` };
  if (look.state === 'locked') return { text: `Node ${name} wants a token. Enter it at the top of the page.` };
  if (look.state === 'problem')
    return { text: `Node ${name} does not tell how it is${look.why ? `: ${look.why}` : '.'}` };
  if (isFrozen(world, node))
    return {
      text: `Node ${name} is frozen. ${howToStart(world, node)}`,
      target: { process: node },
      deed: { do: 'launch', node, action: 'thaw' },
      label: `Thaw node ${name}`,
    };
  if (hasLauncher && (process === 'starting' || process === 'stopping'))
    return { text: `The process of node ${name} is ${process}. Wait a moment.`, target: { node } };
  if (look.state === 'down' || process === 'stopped')
    return {
      text: `Node ${name} is down. ${howToStart(world, node)}`,
      target: { process: node },
      ...(hasLauncher && { deed: { do: 'launch', node, action: 'start' } as const, label: `Start node ${name}` }),
    };
  return { text: `Node ${name} is ${look.state}. Wait until it serves.`, target: { node } };
}

export const serves =
  (node: NodeName): Requirement =>
  (world) =>
    notServing(world, node);

/** Exactly one node leads, and serves. */
export const oneLeads: Requirement = (world) => {
  const leader = leaderOf(world);
  const wrong = notServing(world, leader);
  if (wrong) return wrong;
  if (world.lead.lead === 'both')
    return {
      text: 'Both nodes lead: they have not heard of each other. A repair has them meet, once no fault is in the way.',
      target: 'repair',
      deed: faultsOn(world).length > 0 ? { do: 'clear faults' } : { do: 'repair' },
      label: faultsOn(world).length > 0 ? 'Clear all faults' : 'Repair now',
    };
  if (world.lead.lead === 'none' || !leadersLook(world))
    return {
      text: `No node leads. Press “Promote” on node ${letter(leader)}.`,
      target: { promote: leader },
      deed: { do: 'promote', node: leader },
      label: `Promote node ${letter(leader)}`,
    };
  return undefined;
};

export const bothServe: Requirement = (world) => oneLeads(world) ?? notServing(world, followerOf(world));

/** @param allowed a kind that may be on */
export const noFaults =
  (allowed?: string): Requirement =>
  (world) => {
    const others = [...new Set(faultsOn(world).filter((kind) => kind !== allowed))];
    if (others.length === 0) return undefined;
    return {
      text: `A fault is on that would come in between: ${others.join(', ')}.`,
      target: 'tube',
      deed: { do: 'clear faults' },
      label: 'Clear all faults',
    };
  };

/** No record waits because the replica refuses its value: a repair does not help that. */
export const nothingRefused: Requirement = (world) => {
  const refused = world.records.find(({ copy }) => copy === 'refused');
  if (!refused) return undefined;
  return {
    text: `The record of “${refused.key}” waits, because the replica refuses its value. Write another value to it.`,
    target: 'request',
    deed: { do: 'put', keys: [refused.key], value: 'fine again' },
    label: `Write “fine again” to ${refused.key}`,
  };
};

/** Nothing waits, and both nodes hold the same. */
export const inSync: Requirement = (world) => {
  if (isInSync(world)) return undefined;
  return (
    nothingRefused(world) ?? {
      text: 'The nodes do not hold the same yet. They find out within a minute, or at once with “Repair now”.',
      target: 'repair',
      deed: { do: 'repair' },
      label: 'Repair now',
    }
  );
};

/** The replica is down, and the primary serves. */
export const replicaIsDown: Requirement = (world) => {
  const wrong = oneLeads(world);
  if (wrong) return wrong;
  const node = followerOf(world);
  if (isDown(world, node)) return undefined;
  return { ...killing(world, node), text: `The replica, node ${letter(node)}, is not down. ${howToKill(world, node)}` };
};

/** What ends the process of a node. */
export function killing(world: World, node: NodeName): Omit<Wrong, 'text'> {
  return {
    target: { process: node },
    ...(world.page.hasLauncher && {
      deed: { do: 'launch', node, action: 'kill' } as const,
      label: `Kill node ${letter(node)}`,
    }),
  };
}

/** What starts the process of a node again. */
export function starting(world: World, node: NodeName): Omit<Wrong, 'text'> {
  const isThawed = isFrozen(world, node);
  return {
    target: { process: node },
    ...(world.page.hasLauncher && {
      deed: { do: 'launch', node, action: isThawed ? 'thaw' : 'start' } as const,
      label: `${isThawed ? 'Thaw' : 'Start'} node ${letter(node)}`,
    }),
  };
}

/** Whether faults can be switched on at both nodes. */
export function withoutFaults({ page }: World): string | undefined {
  if (page.faults.a !== null && page.faults.b !== null) return undefined;
  return 'Fault injection is off on these nodes, as it is on deployed ones: what this step needs cannot be done here. Skip it.';
}
