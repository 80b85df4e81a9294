// Step 2: a value is read on both nodes.
import type { NodeName } from '../../recording/observation.ts';
import { bothServe, inSync, isNow, noFaults } from '../requirements.ts';
import { defineStep, type Requirement, withKey } from '../step.ts';
import { letter } from '../words.ts';
import { followerOf, leaderOf, missedIn, readIn, type World } from '../world.ts';

/** The keys that were read on each node since the step began. */
type State = Readonly<Record<NodeName, readonly string[]>>;

const keyToRead = ({ records }: World): string | undefined =>
  records.findLast(({ copy, deleted }) => copy === 'copied' && !deleted)?.key;

const WRITING = {
  deed: { do: 'put', keys: ['lesson'], value: 'hello' },
  label: 'Write “hello” to lesson',
} as const;

const hasSomething: Requirement = (world) => {
  if (keyToRead(world) !== undefined || (world.nodes[followerOf(world)].look?.keys ?? 0) > 0) return undefined;
  return {
    text: 'There is nothing to read yet. Write a value.',
    target: 'request',
    ...WRITING,
  };
};

export const read = defineStep<State>({
  name: 'read',
  title: 'Read it on both nodes',
  before: 'Both nodes answer reads. Each answers from what it holds itself, and asks nobody.',
  begin: () => ({ a: [], b: [] }),
  take(state, fact) {
    const missed = missedIn(fact);
    const isKnown = missed !== undefined && (state.a.includes(missed) || state.b.includes(missed));
    // It was deleted since, or has expired.
    if (isKnown) return { a: state.a.filter((key) => key !== missed), b: state.b.filter((key) => key !== missed) };
    const found = readIn(fact);
    if (!found || state[found.on].includes(found.key)) return state;
    return { ...state, [found.on]: withKey(state[found.on], found.key) };
  },
  tasks(state, world) {
    const [leader, follower] = [leaderOf(world), followerOf(world)];
    const both = state.a.find((key) => state.b.includes(key));
    const key = state[leader].at(-1) ?? keyToRead(world);
    const requires = [isNow, bothServe, noFaults(), hasSomething, inSync];
    const getting = (node: NodeName) =>
      key === undefined
        ? WRITING
        : { deed: { do: 'get', key, node } as const, label: `Read ${key} on node ${letter(node)}` };
    return [
      {
        title: `Read a key on node ${letter(leader)}, the primary`,
        isDone: both !== undefined || state[leader].length > 0,
        text: 'Choose “primary” beside “Get”, and press “Get”. A key of the table below can be used, too.',
        target: 'get',
        requires,
        ...getting(leader),
      },
      {
        title: `Read the same key on node ${letter(follower)}, the replica`,
        isDone: both !== undefined,
        text: `Choose “replica”, and press “Get” again${key === undefined ? '' : `, with the key ${key}`}.`,
        target: 'get',
        requires,
        ...getting(follower),
      },
    ];
  },
  after: [
    { text: 'Both have given the same value, so reads can be shared out. ', term: 'replica' },
    { text: 'A copy can be a moment behind the primary: it has what it has acknowledged.', term: 'in sync' },
  ],
});
