// Step 4: what was refused is healed.
import { bothServe, isNow, noFaults, withoutFaults } from '../requirements.ts';
import { defineStep, type Requirement } from '../step.ts';
import { letter } from '../words.ts';
import { answeredIn, followerOf, leaderOf, readIn, type World } from '../world.ts';

interface State {
  readonly refused: readonly string[];
  readonly healed: readonly string[];
  readonly isRead: boolean;
}

const refusedKeys = ({ records }: World): readonly string[] =>
  records.filter(({ copy }) => copy === 'refused').map(({ key }) => key);

const hasRefused: Requirement = (world) =>
  refusedKeys(world).length > 0
    ? undefined
    : {
        text: 'No record is refused at the moment. Write the value `__fail__` first.',
        target: 'demonstration',
        deed: { do: 'put', keys: ['bad'], value: '__fail__' },
        label: 'Write __fail__ to bad',
      };

export const heal = defineStep<State>({
  name: 'heal',
  title: 'Heal it',
  before: 'As long as the value stands, the replica refuses it again at each attempt. A new value ends that.',
  unavailable: withoutFaults,
  begin: (world) => ({ refused: refusedKeys(world), healed: [], isRead: false }),
  take(state, fact, world) {
    if (state.isRead) return state;
    let next = state;
    for (const { key, outcome, deleted } of answeredIn(fact)) {
      if (outcome === 'failed') {
        const others = { healed: next.healed.filter((each) => each !== key) };
        next = { ...next, ...others, refused: [...new Set([...next.refused, key])] };
      } else if (next.refused.includes(key) && !deleted)
        next = { ...next, refused: next.refused.filter((each) => each !== key), healed: [...next.healed, key] };
    }
    const found = readIn(fact);
    const isRead = found !== undefined && found.on === followerOf(world) && next.healed.includes(found.key);
    return isRead ? { ...next, isRead } : next;
  },
  tasks(state, world) {
    const key = refusedKeys(world)[0] ?? 'bad';
    const healed = state.healed.at(-1) ?? key;
    const replica = followerOf(world);
    return [
      {
        title: `Write another value to ${state.healed.at(-1) ?? key}`,
        isDone: state.healed.length > 0,
        text: `Write any other value to the key ${key}. Node ${letter(leaderOf(world))} sends what the key is now, not what was refused.`,
        target: 'request',
        deed: { do: 'put', keys: [key], value: 'good' },
        label: `Write “good” to ${key}`,
        requires: [isNow, bothServe, noFaults(), hasRefused],
      },
      {
        title: `Read it on node ${letter(replica)}, the replica`,
        isDone: state.isRead,
        text: `The copy has arrived. Choose “replica”, and press “Get” with the key ${healed}.`,
        target: 'get',
        deed: { do: 'get', key: healed, node: replica },
        label: `Read ${healed} on node ${letter(replica)}`,
        requires: [isNow, bothServe],
      },
    ];
  },
  after: [
    {
      text: 'The primary sends the present state of a key, never a list of operations. So nothing old has to be played back.',
      term: 'backlog',
    },
    { text: 'It tries by itself, too: at the next write, and within a minute where there is none.', term: 'retry' },
  ],
});
