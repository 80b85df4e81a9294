// Step 9: the primary is killed, and the other node leads.
import { type NodeName, otherNode } from '../../recording/observation.ts';
import { bothServe, inSync, isNow, killing, noFaults, serves, starting } from '../requirements.ts';
import { defineStep } from '../step.ts';
import { howToKill, howToStart, letter } from '../words.ts';
import { isDown, isFollowing, isFrozen, isLeading, isServing, leaderOf, type World } from '../world.ts';

interface State {
  /** The node that leads until it is killed. */
  readonly first: NodeName;
  readonly wasDown: boolean;
  readonly isOver: boolean;
}

const begin = (world: World): State => {
  const first = leaderOf(world);
  return { first, wasDown: isDown(world, first), isOver: false };
};

export const failover = defineStep<State>({
  name: 'failover',
  title: 'Kill the primary, and promote the other node',
  before:
    'Now the node that takes the writes dies. Nobody takes over by himself: from outside, a dead primary and a cut cable look the same. You decide.',
  begin,
  take(state, _fact, world) {
    if (state.isOver) return state;
    const { first } = state;
    const second = otherNode(first);
    if (!state.wasDown) {
      if (isDown(world, first)) return { ...state, wasDown: true };
      // The lead has changed hands as planned.
      return isLeading(world, second) && isFollowing(world, first) ? begin(world) : state;
    }
    // It has come back, and leads as before.
    if (isLeading(world, first)) return begin(world);
    return isLeading(world, second) && isFollowing(world, first) ? { ...state, isOver: true } : state;
  },
  tasks(state, world) {
    const { first, wasDown, isOver } = state;
    const second = otherNode(first);
    const isPromoted = isOver || (wasDown && isLeading(world, second));
    return [
      {
        title: `Kill node ${letter(first)}, the primary`,
        isDone: isOver || isPromoted || (wasDown && !isLeading(world, first)),
        text: howToKill(world, first),
        requires: [isNow, bothServe, noFaults(), inSync],
        ...killing(world, first),
      },
      {
        title: `Promote node ${letter(second)}`,
        isDone: isPromoted,
        text: `No writes are taken now. Press “Promote” on node ${letter(second)}, and then “Promote without the primary”.`,
        target: { promote: second },
        deed: { do: 'promote', node: second },
        label: `Promote node ${letter(second)} without the primary`,
        requires: [isNow, serves(second)],
      },
      {
        title: `Start node ${letter(first)} again: it follows`,
        isDone: isOver,
        text:
          isDown(world, first) || isFrozen(world, first)
            ? howToStart(world, first)
            : `Node ${letter(first)} has heard that node ${letter(second)} leads. It becomes the replica, and is filled.`,
        requires: [isNow, serves(second)],
        ...(isServing(world, first) ? { target: { node: first } } : starting(world, first)),
      },
    ];
  },
  after: [
    { text: 'The replica has taken the lead with what it held, in a later epoch.', term: 'failover' },
    {
      text: 'The former primary has heard of that epoch and follows. Had it gone on writing, it would have been refused.',
      term: 'fenced',
    },
    {
      text: 'With both nodes there, “Promote” hands the lead over as planned, and no write is at risk.',
      term: 'switchover',
    },
  ],
});
