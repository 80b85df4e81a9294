// Step 1: a value is written, and copied.
import { bothServe, isNow, noFaults } from '../requirements.ts';
import { defineStep, withKey } from '../step.ts';
import { letter } from '../words.ts';
import { answeredIn, followerOf, leaderOf, takenByClient, writeIn } from '../world.ts';

interface State {
  /** Keys that were written since the step began. */
  readonly written: readonly string[];
  readonly copied?: string;
}

export const write = defineStep<State>({
  name: 'write',
  title: 'Write a value',
  before:
    'A client writes to one node only: the one that leads. Watch the record: it goes from the client to that node, through the tube to the other one, and a tick comes back.',
  begin: () => ({ written: [] }),
  take(state, fact, world) {
    if (state.copied !== undefined) return state;
    const key = writeIn(fact, world)?.key;
    const written = key === undefined ? state.written : withKey(state.written, key);
    const copied =
      answeredIn(fact).find((outcome) => outcome.outcome !== 'failed' && written.includes(outcome.key))?.key ??
      (key !== undefined && takenByClient(fact)?.isCopied ? key : undefined);
    if (key === undefined && copied === undefined) return state;
    return { written, ...(copied !== undefined && { copied }) };
  },
  tasks(state, world) {
    const [primary, replica] = [letter(leaderOf(world)), letter(followerOf(world))];
    return [
      {
        title: 'Write a value',
        isDone: state.written.length > 0,
        text: `Type a key and a value into the bar of requests, and press “Put”. It goes to node ${primary}.`,
        target: 'request',
        deed: { do: 'put', keys: ['lesson'], value: 'hello' },
        label: 'Write “hello” to lesson',
        requires: [isNow, bothServe, noFaults()],
      },
      {
        title: 'Its copy arrives',
        isDone: state.copied !== undefined,
        text: `Node ${primary} has stored it and sends it to node ${replica}.`,
        target: 'tube',
        deed: { do: 'put', keys: ['lesson'], value: 'hello again' },
        label: 'Write again',
        requires: [isNow, bothServe, noFaults()],
      },
    ];
  },
  after: [
    { text: 'The node that takes writes leads.', term: 'primary' },
    { text: 'The other one holds a copy, which it acknowledged before you got your answer.', term: 'replica' },
  ],
});
