// Step 6: the circuit breaker opens, and a write does not wait for the replica.
import { isNow, replicaIsDown } from '../requirements.ts';
import { defineStep, withKey } from '../step.ts';
import { letter } from '../words.ts';
import { leaderOf, takenByClient, type World, writeIn } from '../world.ts';

interface State {
  readonly isOpen: boolean;
  /** Keys that were written since it was seen to be open. */
  readonly written: readonly string[];
  readonly isNotTried: boolean;
}

const isOpenIn = (world: World): boolean => world.nodes[leaderOf(world)].circuit === 'open';

export const circuit = defineStep<State>({
  name: 'circuit breaker',
  title: 'See the circuit breaker',
  before:
    'To try a dead replica at every write costs each client the wait. After some failures in a row the primary stops trying for a while. See the gate at the mouth of the tube.',
  begin: (world) => ({ isOpen: isOpenIn(world), written: [], isNotTried: false }),
  take(state, fact, world) {
    if (state.isNotTried) return state;
    if (!state.isOpen) return isOpenIn(world) ? { ...state, isOpen: true } : state;
    const leader = leaderOf(world);
    const key = writeIn(fact, world)?.key;
    const written = key === undefined ? state.written : withKey(state.written, key);
    const isTold = fact.what === 'event' && fact.node === leader && fact.event.kind === 'not_tried';
    const isPassedBy =
      isTold && fact.event.kind === 'not_tried' && fact.event.records.some((r) => written.includes(r.key));
    const taken = takenByClient(fact);
    const isAnswered = !world.nodes[leader].isTelling && isOpenIn(world) && taken?.on === leader && !taken.isCopied;
    if (isPassedBy || isAnswered) return { ...state, written, isNotTried: true };
    return key === undefined ? state : { ...state, written };
  },
  tasks(state, world) {
    const primary = letter(leaderOf(world));
    return [
      {
        title: 'The circuit opens',
        isDone: state.isOpen,
        text: `Go on writing until node ${primary} has had enough: its circuit is ${world.nodes[leaderOf(world)].circuit.replace('_', ' ')}.`,
        target: { node: leaderOf(world) },
        deed: { do: 'put', keys: ['lesson-1'], value: 'tried' },
        label: 'Write once more',
        requires: [isNow, replicaIsDown],
      },
      {
        title: 'Write twice in a row: nobody waits',
        isDone: state.isNotTried,
        text: 'Write two keys, one right after the other. After a while one write is let through, to see whether the replica is back. The next one goes straight into the queue, and its answer comes at once.',
        target: 'request',
        deed: { do: 'put', keys: ['lesson-1', 'lesson-2'], value: 'not tried' },
        label: 'Write to lesson-1 and lesson-2',
        requires: [isNow, replicaIsDown],
      },
    ];
  },
  after: [
    {
      text: 'While the circuit is open nothing is sent, so the replica cannot make the primary slow. A single trial from time to time closes it again.',
      term: 'circuit',
    },
  ],
});
