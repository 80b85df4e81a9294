// The quiz: which writes could be lost now? The questions are made of how the pair stands at that moment.
import { count } from '../nodes/words.ts';
import { letter } from './words.ts';
import { followerOf, isDown, isServing, type KnownRecord, leaderOf, leadersLook, type World } from './world.ts';

export interface Choice {
  readonly text: string;
  readonly isRight: boolean;
}

export interface Question {
  readonly text: string;
  /** Any number of the choices may be right; else exactly one is. */
  readonly isMany: boolean;
  readonly choices: readonly Choice[];
  /** Why, for both who were right and who were not. */
  readonly explanation: string;
}

/** Writes that a question names, of each kind. */
const NAMED = 3;

/** @returns none as long as no write is known, or the node that leads does not answer */
export function questionsOf(world: World): readonly Question[] {
  if (!leadersLook(world) || !isServing(world, leaderOf(world)) || world.records.length === 0) return [];
  return [primaryLost(world), replicaLost(world), ...bothLost(world), promoted(world), cutOff(world)].map(shuffled);
}

const waitingIn = ({ records }: World): readonly KnownRecord[] => records.filter(({ copy }) => copy !== 'copied');

/** In memory, what a replica held that is down went with it. */
const isCopyGone = (world: World): boolean =>
  isDown(world, followerOf(world)) && (world.page.store ?? 'memory') === 'memory';

function list(keys: readonly string[]): string {
  return keys.length < 2 ? keys.join('') : `${keys.slice(0, -1).join(', ')} and ${keys.at(-1)}`;
}

function primaryLost(world: World): Question {
  const [primary, replica] = [letter(leaderOf(world)), letter(followerOf(world))];
  const waiting = waitingIn(world).slice(-NAMED);
  const copied = world.records.filter(({ copy }) => copy === 'copied').slice(-NAMED);
  const isGone = isCopyGone(world);
  const named = [...copied, ...waiting];
  const lost = isGone ? named : waiting;
  const keys = lost.map(({ key }) => key);
  const only = `Only node ${primary} has ${list(keys)}: node ${replica} has not acknowledged ${keys.length === 1 ? 'it' : 'them'}.`;
  const gone = `Node ${replica} is down, and what it held in memory went with it. At this moment there is one copy of everything.`;
  const none = `Node ${replica} has acknowledged each of them, so each is there, too. It may be promoted.`;
  return {
    text: `Node ${primary}, the primary, is lost for good now, with all that it holds. Which of these writes are lost?`,
    isMany: true,
    choices: [
      ...named.map((record) => ({ text: labelOf(record), isRight: lost.includes(record) })),
      { text: 'None of them', isRight: lost.length === 0 },
    ],
    explanation: isGone ? gone : lost.length > 0 ? `${only} Each was answered 202, which says so.` : none,
  };
}

const labelOf = ({ key, deleted, version }: KnownRecord): string =>
  `${key}${version === undefined ? '' : `, version ${version}`}${deleted ? ' (a deletion)' : ''}`;

function replicaLost(world: World): Question {
  const [primary, replica] = [letter(leaderOf(world)), letter(followerOf(world))];
  return {
    text: isDown(world, followerOf(world))
      ? `Node ${replica}, the replica, is down already, and it is lost for good. Which writes are lost?`
      : `Only node ${replica}, the replica, is lost for good now. Which writes are lost?`,
    isMany: false,
    choices: [
      { text: `None: node ${primary} has every one`, isRight: true },
      { text: `Those that node ${replica} has acknowledged`, isRight: false },
      { text: 'Those that wait in the queue', isRight: false },
    ],
    explanation: `Every write is stored on the primary before it is answered. A new replica is filled by node ${primary}.`,
  };
}

function bothLost({ page: { store } }: World): readonly Question[] {
  if (store === undefined) return [];
  const isMemory = store === 'memory';
  return [
    {
      text: 'Both processes are killed at the same moment, and started again. What is left?',
      isMany: false,
      choices: [
        { text: 'Nothing', isRight: isMemory },
        { text: 'Every write that was answered with success', isRight: !isMemory },
        { text: 'Only what both had', isRight: false },
      ],
      explanation: isMemory
        ? 'These nodes hold everything in memory. One of them may be killed at any time; both at once lose all. With STORE=sqlite or STORE=dynamodb they keep it.'
        : 'These nodes keep what they hold on disk. A process that ends loses nothing that was answered with success.',
    },
  ];
}

function promoted(world: World): Question {
  const [primary, replica] = [letter(leaderOf(world)), letter(followerOf(world))];
  const number = leadersLook(world)?.backlog ?? 0;
  const waiting = number === 0 ? 'Nothing waits' : `${count(number, 'record')} ${number === 1 ? 'waits' : 'wait'}`;
  return isServing(world, followerOf(world))
    ? {
        text: `${waiting} for node ${replica} now. You press “Promote” there, with both nodes alive. How many writes are lost?`,
        isMany: false,
        choices: [
          { text: 'None', isRight: true },
          { text: number === 0 ? 'The last one' : `Those that wait: ${number.toLocaleString('en')}`, isRight: false },
          { text: `All that node ${primary} has taken in its epoch`, isRight: false },
        ],
        explanation: `That is a switchover. Node ${primary} takes no more writes, hands over what it owes, and only then node ${replica} leads.`,
      }
    : {
        text: `Node ${replica} does not serve at the moment. Node ${primary} takes a write now. What does the client get?`,
        isMany: false,
        choices: [
          { text: '202: it is stored, and not copied yet', isRight: true },
          { text: '201: all is well', isRight: false },
          { text: '503: try again later', isRight: false },
        ],
        explanation: `A replica that is down makes no write fail. The answer says what is true: only node ${primary} has it.`,
      };
}

function cutOff(world: World): Question {
  const [primary, replica] = [letter(leaderOf(world)), letter(followerOf(world))];
  const divergent = leadersLook(world)?.divergent ?? 0;
  if (divergent > 0)
    return {
      text: `${count(divergent, 'divergent write')} ${divergent === 1 ? 'is' : 'are'} listed now. Lost?`,
      isMany: false,
      choices: [
        { text: 'No: listed on both nodes, until a person has seen to it', isRight: true },
        { text: 'Yes: the later epoch has replaced it', isRight: false },
        { text: 'No: it comes back by itself', isRight: false },
      ],
      explanation:
        'It was superseded by a write that had not seen it. Which of both is wanted, only a person knows: put it again, or acknowledge it.',
    };
  const key = world.records.at(-1)?.key ?? 'foo';
  return {
    text: `The link is cut now, node ${replica} is promoted without node ${primary}, and somebody still writes ${key} on node ${primary}. The link is joined. What becomes of that write?`,
    isMany: false,
    choices: [
      { text: `It is taken over, unless ${key} was written on node ${replica}, too: then it is listed`, isRight: true },
      { text: 'It is lost, and nobody is told', isRight: false },
      { text: `It replaces what node ${replica} has written`, isRight: false },
    ],
    explanation: `Node ${primary} becomes the replica. What node ${replica} has nothing newer of is taken over; what it superseded unseen is a divergent write.`,
  };
}

/** The right choice is not always the first one. The same question is always in the same order. */
function shuffled(question: Question, index: number): Question {
  if (question.isMany) return question;
  const { choices } = question;
  const by = (index + question.text.length) % choices.length;
  return { ...question, choices: [...choices.slice(by), ...choices.slice(0, by)] };
}

/** Whether exactly the right ones were chosen. */
export const isRight = ({ choices }: Question, chosen: readonly number[]): boolean =>
  choices.every((choice, i) => choice.isRight === chosen.includes(i));
