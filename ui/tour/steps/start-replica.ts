// Step 7: the replica is started again, and has everything soon after.
import { isNow, noFaults, nothingRefused, oneLeads, replicaIsDown, starting } from '../requirements.ts';
import { defineStep } from '../step.ts';
import { howToStart, letter } from '../words.ts';
import { followerOf, isDown, isFollowing, isInSync, leaderOf, type World } from '../world.ts';

interface State {
  readonly wasDown: boolean;
  readonly isCaughtUp: boolean;
}

const answers = (world: World): boolean => {
  const state = world.nodes[followerOf(world)].look?.state;
  return state === 'up' || state === 'refilling' || state === 'switching';
};

export const startReplica = defineStep<State>({
  name: 'start it',
  title: 'Start the replica again',
  before:
    'The replica comes back, and has missed every write. In memory it holds nothing at all. Who tells it what it lacks?',
  begin: (world) => ({ wasDown: isDown(world, followerOf(world)), isCaughtUp: false }),
  take(state, fact, world) {
    if (state.isCaughtUp) return state;
    if (!state.wasDown) return isDown(world, followerOf(world)) ? { ...state, wasDown: true } : state;
    const isCaughtUp = fact.what === 'look' && isFollowing(world, followerOf(world)) && isInSync(world);
    return isCaughtUp ? { ...state, isCaughtUp } : state;
  },
  tasks(state, world) {
    const replica = followerOf(world);
    return [
      {
        title: `Start node ${letter(replica)}, the replica`,
        isDone: state.isCaughtUp || (state.wasDown && answers(world)),
        text: howToStart(world, replica),
        requires: state.wasDown ? [isNow, oneLeads] : [isNow, replicaIsDown],
        ...starting(world, replica),
      },
      {
        title: 'It gets everything back',
        isDone: state.isCaughtUp,
        text: `It has said that it is there. Node ${letter(leaderOf(world))} sends what it lacks, and then both compare.`,
        target: 'tube',
        deed: { do: 'repair' },
        label: 'Repair now',
        requires: [isNow, oneLeads, noFaults(), nothingRefused],
      },
    ];
  },
  after: [
    {
      text: 'A node that starts says so itself. The primary sees that it holds other contents than before, and fills it.',
      term: 'refill',
    },
    { text: 'Nothing was missed: what waited and what was lost are both on the replica now.', term: 'in sync' },
  ],
});
