// How a node is doing, in plain words, with the term behind them.
import type { NodeName, NodeState } from '../recording/observation.ts';
import type { NodeView, Story } from '../recording/story.ts';

export interface NodeWords {
  readonly mood: 'good' | 'warn' | 'bad' | 'quiet';
  readonly text: string;
  readonly term: string;
}

const STATES: Readonly<Record<Exclude<NodeState, 'up'>, NodeWords>> = {
  switching: { mood: 'warn', text: 'Is handing over the lead', term: 'switchover' },
  recovering: { mood: 'warn', text: 'Takes back what it lost', term: 'recovering' },
  refilling: { mood: 'warn', text: 'Is being filled again', term: 'refill' },
  locked: { mood: 'quiet', text: 'Wants a token', term: 'token' },
  problem: { mood: 'bad', text: 'Does not serve', term: 'unreachable' },
  down: { mood: 'bad', text: 'Does not answer', term: 'unreachable' },
};

const ENDED: NodeWords = { mood: 'bad', text: 'Has ended', term: 'unreachable' };
const PROCESSES: Readonly<Record<string, NodeWords>> = {
  frozen: { mood: 'warn', text: 'Is frozen: there, and silent', term: 'freeze' },
  starting: { mood: 'quiet', text: 'Is starting', term: 'contents' },
  stopping: { mood: 'quiet', text: 'Is stopping', term: 'unreachable' },
};

export function nodeWords({ crown }: Story, node: NodeName, view: NodeView, isSeen: boolean): NodeWords {
  const { look, process, ended, role } = view;
  if (!isSeen) return { mood: 'quiet', text: 'Connecting', term: 'unreachable' };
  if (process === 'stopped') return ended === 'killed' ? { mood: 'bad', text: 'Was killed', term: 'kill' } : ENDED;
  const doing = process ? PROCESSES[process] : undefined;
  if (doing) return doing;
  if (look.state !== 'up') return STATES[look.state];
  if ((look.role ?? role) === 'primary')
    return crown.on === node
      ? { mood: 'good', text: 'Takes writes', term: 'primary' }
      : { mood: 'warn', text: 'Still leads in an earlier epoch', term: 'epoch' };
  return { mood: 'good', text: 'Holds a copy', term: 'replica' };
}
