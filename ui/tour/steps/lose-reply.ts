// Step 8: the reply to a record is lost, the record is sent again, and counts once.
import type { NamedRecord } from '../../../lib/telemetry/events.ts';
import { bothServe, inSync, isNow, noFaults, nothingRefused, withoutFaults } from '../requirements.ts';
import { defineStep } from '../step.ts';
import { letter } from '../words.ts';
import {
  answeredIn,
  type Fact,
  faultsOn,
  followerOf,
  isInSync,
  isSame,
  leaderOf,
  type World,
  writtenIn,
} from '../world.ts';

/** A record, and what was seen of it, in whatever order. */
interface Sent {
  readonly key: string;
  readonly epoch: number;
  readonly version: number;
  readonly isApplied?: true;
  readonly isReplyLost?: true;
  /** The primary has waited for the reply, and given up. */
  readonly isGivenUp?: true;
  readonly isSame?: true;
  readonly isAcknowledged?: true;
}

interface State {
  /** The last ones. */
  readonly sent: readonly Sent[];
  /** Looks in a row that found nothing left to be sent again, although a reply was lost. */
  readonly idle: number;
}

const MAX_SENT = 20;
const NOTHING: State = { sent: [], idle: 0 };

const isLost = ({ isApplied, isReplyLost, isGivenUp }: Sent): boolean =>
  isApplied === true && isReplyLost === true && isGivenUp === true;
const isOnce = (sent: Sent): boolean => isLost(sent) && sent.isSame === true && sent.isAcknowledged === true;

/** So many looks in a row are believed: one may have begun before what it follows. */
const LOOKS = 3;

/** The record whose reply was lost has got there on another way: another one is to be lost. */
function takeLook(state: State, world: World): State {
  const isIdle = state.sent.some(isLost) && faultsOn(world).length === 0 && isInSync(world);
  if (isIdle && state.idle + 1 >= LOOKS) return NOTHING;
  const idle = isIdle ? state.idle + 1 : 0;
  return idle === state.idle ? state : { ...state, idle };
}

function noted({ sent, idle }: State, { key, epoch, version }: NamedRecord, change: Partial<Sent>): State {
  const before = sent.find((each) => isSame(each, { key, epoch, version })) ?? { key, epoch, version };
  return { idle, sent: [...sent.filter((each) => each.key !== key), { ...before, ...change }].slice(-MAX_SENT) };
}

function takeEvent(state: State, { event }: Extract<Fact, { what: 'event' }>): State {
  if (event.kind === 'fault' && event.fault === 'drop_reply')
    return event.records.filter(isRecord).reduce((next, each) => noted(next, each, { isReplyLost: true }), state);
  if (event.kind === 'unanswered')
    return event.records.filter(isRecord).reduce((next, each) => noted(next, each, { isGivenUp: true }), state);
  if (event.kind !== 'taken') return state;
  return event.records.filter(isRecord).reduce((next, each) => {
    if (each.outcome === 'applied') return noted(next, each, { isApplied: true });
    return each.outcome === 'same' ? noted(next, each, { isSame: true }) : next;
  }, state);
}

const isRecord = ({ divergent }: NamedRecord): boolean => !divergent;

export const loseReply = defineStep<State>({
  name: 'lose a reply',
  title: 'Lose a reply: applied once',
  before:
    'The worst message to lose is the answer. The replica has the record, and the primary cannot know that. It has to send it again. Is it then applied twice?',
  unavailable: withoutFaults,
  begin: () => NOTHING,
  take(state, fact, world) {
    if (state.sent.some(isOnce)) return state;
    if (fact.what === 'look' && fact.node === leaderOf(world)) return takeLook(state, world);
    const written = writtenIn(fact);
    // A newer write takes the place of the one whose reply was lost. What the replica tells may come first.
    if (written)
      return { ...state, sent: state.sent.filter((each) => each.key !== written.key || isSame(each, written)) };
    const acknowledged = answeredIn(fact).filter(({ outcome }) => outcome !== 'failed');
    if (acknowledged.length > 0)
      return acknowledged.reduce((next, each) => noted(next, each, { isAcknowledged: true }), state);
    return fact.what === 'event' ? takeEvent(state, fact) : state;
  },
  tasks(state, world) {
    const [primary, replica] = [leaderOf(world), followerOf(world)];
    const lost = state.sent.findLast(isLost);
    const isDone = state.sent.some(isOnce);
    const isOn = faultsOn(world).includes('drop_reply');
    return [
      {
        title: 'Lose the next reply',
        isDone: isDone || lost !== undefined || isOn,
        text: `Open “Break it on purpose” on the tube, and switch on drop_reply on the replica. With the count 1 it acts once.`,
        target: 'tube',
        deed: { do: 'fault', nodes: [replica], kind: 'drop_reply', count: 1 },
        label: `Lose one reply of node ${letter(replica)}`,
        requires: [isNow, bothServe, noFaults('drop_reply'), inSync],
      },
      {
        title: 'Write a value',
        isDone: isDone || lost !== undefined,
        text: 'Write any key. The record lands, and its tick dies on the way back. The primary waits for it a moment, and then gives up.',
        target: 'request',
        deed: { do: 'put', keys: ['once'], value: 'once only' },
        label: 'Write “once only” to once',
        requires: [isNow, bothServe, noFaults('drop_reply')],
      },
      {
        title: 'No more replies are lost',
        isDone: isDone || (lost !== undefined && !isOn),
        text: 'Switch drop_reply off again, or wait until its time is over.',
        target: 'tube',
        deed: { do: 'clear faults' },
        label: 'Clear all faults',
        requires: [isNow],
      },
      {
        title: 'It is sent again: the same',
        isDone,
        text: `Node ${letter(primary)} sends ${lost?.key ?? 'the record'} again: at the next write, at “Repair now”, or by itself. Do not write to that key.`,
        target: 'repair',
        deed: { do: 'repair' },
        label: 'Repair now',
        requires: [isNow, bothServe, noFaults(), nothingRefused],
      },
    ];
  },
  after: [
    {
      text: 'The replica has said “same”: it knew this very version. Applying it twice changes nothing.',
      term: 'same',
    },
    { text: 'So whoever gets no answer may always send again. That is the whole trick.', term: 'lost reply' },
  ],
});
