// How the pair is doing, in plain words, with the term that a reader may look up.
import { type NodeName, nodeLetter, otherNode } from './observation.ts';
import { isGone, type NodeView, type Story } from './story.ts';
import { owedIn } from './tokens.ts';

export type Mood = 'good' | 'behind' | 'failing' | 'down' | 'unknown';

export interface Condition {
  readonly mood: Mood;
  /** What it is, in plain words: a sentence without its full stop. */
  readonly title: string;
  /** What follows from it. */
  readonly text: string;
  /** The word of the glossary. */
  readonly term: string;
}

/** What is drawn may be behind what has happened. */
export interface DrawnNow {
  readonly owed: number;
  readonly onTheWay: number;
}

/** @param drawn has the words say of a record that it waits, or is on its way, for as long as it is seen to be */
export function conditionOf(story: Story, drawn: DrawnNow = { owed: owedIn(story), onTheWay: 0 }): Condition {
  const { a, b } = story.nodes;
  const lead = story.crown.on;
  const { owed } = drawn;
  if (!a.isSeen && !b.isSeen) return { mood: 'unknown', title: 'Looking at the nodes', text: '', term: '' };
  if (!a.isSeen || !b.isSeen) return ofOneSeen(owed, lead);
  if (isGone(a) && isGone(b))
    return { mood: 'down', title: 'Neither node answers', text: 'No writes are taken.', term: 'unreachable' };
  if (a.look.state === 'locked' && b.look.state === 'locked')
    return {
      mood: 'unknown',
      title: 'The nodes want a token',
      text: 'Enter it at the top of the page.',
      term: 'token',
    };
  if (lead === null)
    return { mood: 'failing', title: 'No node leads', text: 'Until one does, no writes are taken.', term: 'primary' };
  const primary = story.nodes[lead];
  const replica = story.nodes[otherNode(lead)];
  const [p, r] = [nodeLetter(lead), nodeLetter(otherNode(lead))];
  if (isBoth(primary) && isBoth(replica))
    return {
      mood: 'failing',
      title: 'Both nodes lead',
      text: 'They have not heard of each other. The later epoch wins.',
      term: 'epoch',
    };
  return (
    ofPrimary(primary, p, r) ?? ofReplica(primary, replica, r, waitingText(owed, p)) ?? ofBacklog(primary, drawn, p, r)
  );
}

/** Of a time before the page was opened, of which only one node can tell: the other one has started since. */
function ofOneSeen(owed: number, lead: NodeName | null): Condition {
  if (owed > 0 && lead !== null)
    return {
      mood: 'behind',
      title: `${nodeLetter(otherNode(lead))} is behind`,
      text: `${count(owed)} on ${nodeLetter(lead)}.`,
      term: 'backlog',
    };
  return { mood: 'unknown', title: 'Not known', text: 'Only one of the nodes tells of this time.', term: '' };
}

const isBoth = ({ look }: NodeView): boolean => look.role === 'primary' && look.state === 'up';

const waitingText = (owed: number, p: string): string =>
  owed === 0 ? `${p} serves alone.` : `${count(owed)} on ${p}, and will be sent again.`;

const count = (owed: number): string => `${owed.toLocaleString('en')} ${owed === 1 ? 'record waits' : 'records wait'}`;

function ofPrimary(view: NodeView, p: string, r: string): Condition | undefined {
  const { look, process } = view;
  if (process === 'frozen')
    return {
      mood: 'down',
      title: `Primary ${p} is frozen`,
      text: 'It takes no writes until it is thawed.',
      term: 'freeze',
    };
  if (isGone(view))
    return {
      mood: 'down',
      title: `Primary ${p} is down`,
      text: `No writes are taken. Start it, or promote ${r}.`,
      term: 'failover',
    };
  if (look.state === 'recovering')
    return {
      mood: 'behind',
      title: `${p} is recovering`,
      text: `It takes back what ${r} holds, and serves then.`,
      term: 'recovering',
    };
  if (look.state === 'switching')
    return {
      mood: 'behind',
      title: 'The lead is changing hands',
      text: `Writes wait until ${r} leads.`,
      term: 'switchover',
    };
  if (look.state === 'locked' || look.state === 'problem')
    return { mood: 'unknown', title: `${p} does not tell`, text: look.why ?? 'It wants a token.', term: 'token' };
  return undefined;
}

function ofReplica(primary: NodeView, replica: NodeView, r: string, waiting: string): Condition | undefined {
  if (replica.process === 'frozen')
    return { mood: 'failing', title: `Replica ${r} is frozen`, text: waiting, term: 'freeze' };
  if (isGone(replica)) return { mood: 'failing', title: `Replica ${r} is down`, text: waiting, term: 'unreachable' };
  if (primary.circuit === 'open')
    return { mood: 'failing', title: 'Writes do not wait for the replica', text: waiting, term: 'circuit' };
  if (replica.look.state === 'refilling' || replica.isRefilling)
    return { mood: 'behind', title: `${r} is being filled`, text: 'It has started with nothing.', term: 'refill' };
  return undefined;
}

function ofBacklog({ look, circuit }: NodeView, { owed, onTheWay }: DrawnNow, p: string, r: string): Condition {
  if (circuit === 'half_open')
    return {
      mood: 'behind',
      title: `${p} tries ${r} again`,
      text: 'The next write shows whether it answers.',
      term: 'circuit',
    };
  if (owed > 0) return { mood: 'behind', title: `${r} is behind`, text: `${count(owed)} on ${p}.`, term: 'backlog' };
  if (onTheWay > 0) {
    const are = onTheWay === 1 ? 'A record is' : `${onTheWay.toLocaleString('en')} records are`;
    return { mood: 'good', title: `${p} copies to ${r}`, text: `${are} on the way.`, term: 'replica' };
  }
  if (look.inSync === false)
    return { mood: 'behind', title: 'Nothing waits', text: 'Both are being compared.', term: 'compare' };
  return { mood: 'good', title: 'Both hold the same', text: `Every record of ${p} is on ${r}.`, term: 'in sync' };
}
