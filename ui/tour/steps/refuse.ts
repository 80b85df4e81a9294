// Step 3: the replica refuses a record.
import { bothServe, isNow, noFaults, withoutFaults } from '../requirements.ts';
import { defineStep } from '../step.ts';
import { letter } from '../words.ts';
import { answeredIn, followerOf, leaderOf, leadersLook } from '../world.ts';

interface State {
  readonly refused?: string;
  readonly isSeenWaiting: boolean;
}

const BEGUN: State = { isSeenWaiting: false };

export const refuse = defineStep<State>({
  name: '__fail__',
  title: 'Have the replica refuse a record',
  before:
    'The value __fail__ is a switch for lessons: the replica refuses a record that has it. What becomes of the write?',
  unavailable: withoutFaults,
  begin: () => BEGUN,
  take(state, fact, world) {
    if (state.isSeenWaiting) return state;
    for (const { key, outcome } of answeredIn(fact)) {
      if (outcome === 'failed') return { ...state, refused: key };
      if (key === state.refused) return BEGUN;
    }
    const isWaiting = fact.what === 'look' && (leadersLook(world)?.backlog ?? 0) > 0;
    return state.refused !== undefined && isWaiting ? { ...state, isSeenWaiting: true } : state;
  },
  tasks(state, world) {
    const [primary, replica] = [letter(leaderOf(world)), letter(followerOf(world))];
    return [
      {
        title: 'Write the value __fail__',
        isDone: state.refused !== undefined,
        text: 'Write the value `__fail__` to a key, or press “__fail__ demonstration” under the bar of requests.',
        target: 'demonstration',
        deed: { do: 'put', keys: ['bad'], value: '__fail__' },
        label: 'Write __fail__ to bad',
        requires: [isNow, bothServe, noFaults()],
      },
      {
        title: 'The record waits',
        isDone: state.isSeenWaiting,
        text: `Node ${replica} has refused it. Node ${primary} keeps it, and looks up what it owes.`,
        target: 'tube',
      },
    ];
  },
  after: [
    {
      text: 'The write was not lost, and you were not told a lie: the answer was 202, “stored, not copied yet”.',
      term: '202',
    },
    { text: 'The primary keeps a list of what the replica has not acknowledged, and sends it again.', term: 'backlog' },
  ],
});
