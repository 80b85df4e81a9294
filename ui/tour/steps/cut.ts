// Step 10: the link is cut, both nodes are written to, and the write that lost is found.
import { NODE_NAMES, type NodeName, otherNode } from '../../recording/observation.ts';
import { bothServe, inSync, isNow, noFaults, serves, withoutFaults } from '../requirements.ts';
import { defineStep, type Requirement, type Task, type Wrong, withKey } from '../step.ts';
import { letter } from '../words.ts';
import {
  answeredIn,
  type Fact,
  faultsOn,
  isCut,
  isCutAt,
  isInSync,
  isLeading,
  leaderOf,
  leadersLook,
  type World,
  writtenIn,
} from '../world.ts';

interface State {
  /** The node that leads as the link is cut. */
  readonly first: NodeName;
  /** Whether both held the same as the first fault was switched on. */
  readonly wasInSync: boolean;
  /** Keys that it has taken since, and that are not on the other node. */
  readonly wrote: readonly string[];
  /** The key that both have taken. */
  readonly both?: string;
  /** Keys that both have taken in this step: one of them may be listed late. */
  readonly suspects: readonly string[];
  readonly isListed: boolean;
  /** Looks at the node that leads since then that counted no divergent write. */
  readonly zeros: number;
  /** Looks at it since both were written and joined that found everything in sync, and nothing listed. */
  readonly idle: number;
  readonly isFound: boolean;
}

/** So many looks in a row are believed. One may have begun before what it follows. */
const LOOKS = 3;

const begin = (world: World, suspects: readonly string[] = []): State => ({
  first: leaderOf(world),
  wasInSync: isInSync(world),
  wrote: [],
  suspects,
  isListed: false,
  zeros: 0,
  idle: 0,
  isFound: false,
});

function takeWrite(state: State, fact: Fact, key: string): State {
  if (fact.what !== 'event') return state;
  if (fact.node === state.first) return { ...state, wrote: withKey(state.wrote, key) };
  if (!state.wrote.includes(key)) return state;
  return { ...state, both: key, suspects: withKey(state.suspects, key) };
}

/** What was written on one side only has got through, or the nodes have others contents: it begins anew. */
function isUndone(state: State, fact: Fact, world: World): boolean {
  if (state.isListed) return false;
  if (fact.what === 'event' && fact.event.kind === 'started') return true;
  return state.both === undefined && state.wrote.length > 0 && !isCut(world);
}

function syncSeen(state: State, world: World): State {
  const wasInSync = faultsOn(world).length === 0 ? isInSync(world) : state.wasInSync;
  return wasInSync === state.wasInSync ? state : { ...state, wasInSync };
}

/** @param isNew whether the node that leads was looked at again */
function takeLook(state: State, world: World, isNew: boolean): State {
  if (!state.isListed) {
    if (!isNew) return state;
    const isIdle = state.both !== undefined && faultsOn(world).length === 0 && isInSync(world);
    const idle = isIdle && leadersLook(world)?.divergent === 0 ? state.idle + 1 : 0;
    if (idle >= LOOKS) return begin(world, state.suspects);
    return idle === state.idle ? state : { ...state, idle };
  }
  const count = leadersLook(world)?.divergent;
  if (count === undefined) return state;
  if (count > 0 && world.page.drawer === 'divergent') return { ...state, isFound: true };
  if (!isNew) return state;
  const zeros = count > 0 ? 0 : state.zeros + 1;
  // Somebody has acknowledged it before it was looked at here.
  if (zeros >= LOOKS) return begin(world);
  return zeros === state.zeros ? state : { ...state, zeros };
}

const isOtherLeading = ({ first }: State, world: World): boolean =>
  isLeading(world, otherNode(first)) && leaderOf(world) !== first;

const mustBeCut: Requirement = (world) =>
  isCut(world)
    ? undefined
    : {
        text: 'The link is not cut any more: faults end by themselves. Cut it again.',
        target: 'tube',
        deed: {
          do: 'fault',
          nodes: NODE_NAMES.filter((node) => !isCutAt(world, node)),
          kind: 'drop_request',
          count: null,
        },
        label: 'Cut the link',
      };

/** What this page writes goes to the later one of two that lead: it has to be this node, if both do. */
const leadsLater =
  (node: NodeName): Requirement =>
  ({ lead }) =>
    lead.lead === 'both' && lead.leader !== node ? alreadyBoth(lead.leader) : undefined;

const leadsAlone: Requirement = ({ lead }) => (lead.lead === 'both' ? alreadyBoth(lead.leader) : undefined);

const alreadyBoth = (leader: NodeName): Wrong => ({
  text: `Both nodes lead already, and what this page writes goes to node ${letter(leader)}. Join the link, and begin again.`,
  target: 'tube',
  deed: { do: 'clear faults' },
  label: 'Join the link',
});

/** The drawer can show it once a look has counted it. */
const isCounted: Requirement = (world) =>
  (leadersLook(world)?.divergent ?? 0) > 0
    ? undefined
    : { text: `Node ${letter(leaderOf(world))} has not told of it yet. Wait for the next look.` };

export const cut = defineStep<State>({
  name: 'cut the link',
  title: 'Cut the link, and write on both sides',
  before:
    'Both nodes live, and only the link between them is cut. If somebody promotes the replica now, two nodes take writes. Can such a pair be healed, and what becomes of the writes?',
  unavailable: withoutFaults,
  begin: (world) => begin(world),
  take(state, fact, world) {
    if (state.isFound) return state;
    const isNamed = fact.what === 'event' && fact.event.kind === 'divergent' && state.suspects.includes(fact.event.key);
    if (isNamed && !state.isListed) return { ...state, isListed: true };
    if (isUndone(state, fact, world)) return begin(world, state.suspects);
    // The node that leads as the link is cut may be another one than at the beginning.
    const isLedByOther = state.wrote.length === 0 && !isCut(world) && world.lead.lead === 'one';
    const led = isLedByOther && leaderOf(world) !== state.first ? { ...state, first: leaderOf(world) } : state;
    if (fact.what === 'page') return takeLook(syncSeen(led, world), world, false);
    if (fact.what === 'look') return takeLook(syncSeen(led, world), world, fact.node === leaderOf(world));
    const written = writtenIn(fact);
    if (written && isCut(world) && led.both === undefined) return takeWrite(led, fact, written.key);
    const copied = answeredIn(fact).filter(({ outcome }) => outcome !== 'failed');
    if (led.both !== undefined || !copied.some(({ key }) => led.wrote.includes(key))) return led;
    return { ...led, wrote: led.wrote.filter((key) => !copied.some((each) => each.key === key)) };
  },
  tasks: (state, world) => [...apart(state, world), ...together(state, world)],
  after: [
    { text: 'The later epoch has won, on both nodes. No key goes backwards.', term: 'epoch' },
    {
      text: 'The write that lost was answered with success, so it is not forgotten: it is listed, with its value, until a person has seen to it.',
      term: 'divergent',
    },
  ],
});

function apart(state: State, world: World): Task[] {
  const { first, wrote, both, isListed } = state;
  const second = otherNode(first);
  const isOver = both !== undefined || isListed;
  const key = wrote.at(-1) ?? 'contested';
  const open = NODE_NAMES.filter((node) => !isCutAt(world, node));
  const beginsRight: Requirement = (now) => {
    if (faultsOn(now).length === 0) return inSync(now);
    return state.wasInSync ? undefined : noFaults()(now);
  };
  return [
    {
      title: 'Cut the link, in both directions',
      isDone: isOver || isCut(world),
      text: 'Open “Break it on purpose” on the tube, and switch on drop_request on both nodes, for any key. Give it some minutes to live.',
      target: 'tube',
      deed: { do: 'fault', nodes: open, kind: 'drop_request', count: null },
      label: open.length === 1 ? 'Cut the other direction' : 'Cut the link',
      requires: [isNow, bothServe, noFaults('drop_request'), beginsRight],
    },
    {
      title: `Write a key on node ${letter(first)}, which leads`,
      isDone: isOver || wrote.length > 0,
      text: `Write any key. It is on node ${letter(first)} only.`,
      target: 'request',
      deed: { do: 'put', keys: ['contested'], value: `written on ${letter(first)}` },
      label: `Write contested on node ${letter(first)}`,
      requires: [isNow, serves(first), mustBeCut, leadsAlone],
    },
    {
      title: `Promote node ${letter(second)}, too`,
      isDone: isOver || (wrote.length > 0 && isOtherLeading(state, world)),
      text: `Press “Promote” on node ${letter(second)}, and then “Promote without the primary”. Node ${letter(first)} does not hear of it.`,
      target: { promote: second },
      deed: { do: 'promote', node: second },
      label: `Promote node ${letter(second)} without the primary`,
      requires: [isNow, serves(second), mustBeCut, leadsLater(second)],
    },
    {
      title: `Write ${wrote.length > 0 ? key : 'the same key'} on node ${letter(second)}`,
      isDone: isOver,
      text: `Both lead now. This page writes to the one of the later epoch. Write another value to the same key, ${key}.`,
      target: 'request',
      deed: { do: 'put', keys: [key], value: `written on ${letter(second)}` },
      label: `Write ${key} on node ${letter(second)}`,
      requires: [isNow, serves(second), mustBeCut],
    },
  ];
}

function together(state: State, world: World): Task[] {
  const { both, isListed, isFound } = state;
  return [
    {
      title: 'Join the link',
      isDone: isListed || (both !== undefined && faultsOn(world).length === 0),
      text: 'Switch the faults off at both nodes: “Clear all” in the drawer.',
      target: 'tube',
      deed: { do: 'clear faults' },
      label: 'Join the link',
      requires: [isNow],
    },
    {
      title: 'They meet, and one write has lost',
      isDone: isListed,
      text: `Node ${letter(leaderOf(world))} tells the other one of its epoch at the next write, or at “Repair now”.`,
      target: 'repair',
      deed: { do: 'repair' },
      label: 'Repair now',
      requires: [isNow, serves('a'), serves('b'), noFaults()],
    },
    {
      title: 'Find the divergent write',
      isDone: isFound,
      text: 'Open “Divergent” at the lower edge of the window: there is the write that lost, with its value.',
      target: 'divergent',
      deed: { do: 'open drawer', drawer: 'divergent' },
      label: 'Open the list',
      requires: [isNow, isCounted],
    },
  ];
}
