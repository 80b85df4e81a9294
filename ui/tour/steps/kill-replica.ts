// Step 5: the replica is killed, and five keys are written.
import type { NodeName } from '../../recording/observation.ts';
import { isNow, killing, oneLeads, replicaIsDown } from '../requirements.ts';
import { defineStep } from '../step.ts';
import { howToKill, letter } from '../words.ts';
import { followerOf, isDown, leaderOf, leadersLook, type World, writeIn } from '../world.ts';

export const WRITES = 5;

interface State {
  readonly replica: NodeName;
  /** Of the node that leads: others hold none of the keys. */
  readonly contents: string | undefined;
  /** Different keys that were written while it was down. */
  readonly keys: readonly string[];
  readonly isSeenWaiting: boolean;
}

/** A key that was not written yet: `lesson-1`, and so on. */
const fresh = (keys: readonly string[], count: number): string[] =>
  Array.from({ length: count + keys.length }, (_, i) => `lesson-${i + 1}`)
    .filter((key) => !keys.includes(key))
    .slice(0, count);

const nothingIn = (world: World): State => ({
  replica: followerOf(world),
  contents: world.nodes[leaderOf(world)].look?.id,
  keys: [],
  isSeenWaiting: false,
});

function take(state: State, world: World, key: string | undefined, isLook: boolean): State {
  const { replica, contents } = nothingIn(world);
  const isOther = replica !== state.replica || contents !== state.contents;
  if (isOther || !isDown(world, replica)) return state.keys.length === 0 && !isOther ? state : nothingIn(world);
  if (key !== undefined && !state.keys.includes(key) && state.keys.length < WRITES)
    return { ...state, keys: [...state.keys, key] };
  const isWaiting = isLook && state.keys.length === WRITES && (leadersLook(world)?.backlog ?? 0) >= WRITES;
  return isWaiting ? { ...state, isSeenWaiting: true } : state;
}

export const killReplica = defineStep<State>({
  name: 'kill the replica',
  title: 'Kill the replica, and write five keys',
  before:
    'A node can die at any moment: a crash, a power cut. Kill the replica without a warning, and see whether the primary minds.',
  begin: nothingIn,
  take(state, fact, world) {
    if (state.isSeenWaiting) return state;
    const write = writeIn(fact, world);
    const key = write?.on === leaderOf(world) ? write.key : undefined;
    return take(state, world, key, fact.what === 'look');
  },
  tasks(state, world) {
    const replica = followerOf(world);
    const written = state.keys.length;
    return [
      {
        title: `Kill node ${letter(replica)}, the replica`,
        isDone: isDown(world, replica),
        text: howToKill(world, replica),
        requires: [isNow, oneLeads],
        ...killing(world, replica),
      },
      {
        title: `Write five different keys (${written} of ${WRITES})`,
        isDone: written >= WRITES,
        text: 'Write to five different keys. Each is answered at once, although nobody takes the copy. A key that is written twice waits once.',
        target: 'request',
        deed: { do: 'put', keys: fresh(state.keys, WRITES - written), value: 'while the replica was down' },
        label: written === 0 ? 'Write all five' : `Write the other ${WRITES - written}`,
        requires: [isNow, replicaIsDown],
      },
      {
        title: 'They wait in the queue',
        isDone: state.isSeenWaiting,
        text: `Node ${letter(leaderOf(world))} counts what it owes.`,
        target: 'tube',
        requires: [isNow, replicaIsDown],
      },
    ];
  },
  after: [
    { text: 'A replica that is down makes no write fail: the primary serves alone.', term: 'unreachable' },
    { text: 'What it owes stands in a queue at the mouth of the tube, each key once.', term: 'backlog' },
  ],
});
