// What either node tells, drawn: a process that starts, a role, a promotion, a fault that acted, a divergent write.
import type { NodeEvent } from '../../lib/telemetry/events.ts';
import { goOn, LEG_MS } from './legs.ts';
import { type NodeName, type NodeState, nodeLetter, otherNode } from './observation.ts';
import { named, say } from './say.ts';
import { MAX_IN_TRAY, MAX_REMEMBERED, type Story, stampOf, withNode } from './story.ts';
import { dissolve, endFlights, findToken, newToken, passBy, replaceToken } from './tokens.ts';

type Of<Kind extends NodeEvent['kind']> = Extract<NodeEvent, { readonly kind: Kind }>;

export function tellNode(story: Story, at: number, node: NodeName, event: NodeEvent): Story {
  switch (event.kind) {
    case 'started':
      return started(story, at, node);
    case 'role':
      return role(story, at, node, event);
    case 'promoted':
      return promoted(story, at, node, event);
    case 'fault':
      return fault(story, at, node, event);
    case 'divergent':
      return divergent(story, at, node, event);
  }
}

function started(story: Story, at: number, node: NodeName): Story {
  const ended = endFlights(story, at, node);
  const owed = ended.tokens.filter(({ phase, owner }) => phase === 'owed' && owner === node);
  const left = owed.reduce((changed, token) => replaceToken(changed, dissolve(token, at)), ended);
  const fresh = withNode({ ...left, owedMore: owed.length > 0 ? 0 : left.owedMore }, node, {
    circuit: 'closed',
    isRefilling: false,
    values: [],
  });
  return say(fresh, at, {
    kind: `started-${node}`,
    tone: 'good',
    text: `The process of ${nodeLetter(node)} has started.`,
  });
}

const STATES: Readonly<Record<string, NodeState>> = {
  serving: 'up',
  switching: 'switching',
  recovering: 'recovering',
  refilling: 'refilling',
};
const STATE_WORDS: Readonly<Record<string, string>> = {
  switching: 'is giving the lead away, and takes no writes meanwhile',
  recovering: 'takes back what the other node holds, before it serves',
  refilling: 'is being filled: it has started with nothing',
};

function role(story: Story, at: number, node: NodeName, event: Of<'role'>): Story {
  const view = story.nodes[node];
  const state = STATES[event.state] ?? view.look.state;
  const look = { ...view.look, state, role: event.role, ...(event.epoch !== undefined && { epoch: event.epoch }) };
  const hadLed = story.crown.on === node;
  const seen = withNode(story, node, { look, role: event.role, isRefilling: event.state === 'refilling' });
  const crowned = event.role === 'primary' ? crown(seen, at, node) : seen;
  const words = STATE_WORDS[event.state];
  const letter = nodeLetter(node);
  if (event.role === 'replica' && hadLed && view.role === 'primary')
    return say(crowned, at, {
      kind: `down-${node}`,
      tone: 'warn',
      text: `${letter} has heard of a later epoch, and steps down: it is the replica now.`,
      term: 'fenced',
    });
  if (event.role === 'primary' && !hadLed && story.crown.on !== null)
    return say(crowned, at, {
      kind: `leads-${node}`,
      tone: 'good',
      text: `${letter} leads now: it takes the writes.`,
      term: 'epoch',
    });
  return words
    ? say(crowned, at, { kind: `${event.state}-${node}`, tone: 'warn', text: `${letter} ${words}.`, term: event.state })
    : crowned;
}

/** The crown moves to the node, where it is not there already. */
export function crown(story: Story, at: number, node: NodeName): Story {
  if (story.crown.on === node) return story;
  return { ...story, crown: { on: node, before: story.crown.on, movedAt: at } };
}

function promoted(story: Story, at: number, node: NodeName, { mode, epoch }: Of<'promoted'>): Story {
  const { look } = story.nodes[node];
  const seen = withNode(story, node, { look: { ...look, role: 'primary', epoch }, role: 'primary' });
  const [letter, other] = [nodeLetter(node), nodeLetter(otherNode(node))];
  const text =
    mode === 'switchover'
      ? `Switchover: ${letter} leads now, and ${other} follows. Every write is on both.`
      : `Failover: ${letter} leads now, without asking ${other}. What ${other} had not sent may be superseded.`;
  return say(crown(seen, at, node), at, {
    kind: 'promoted',
    tone: mode === 'switchover' ? 'good' : 'warn',
    text,
    term: mode,
  });
}

const FAULTS = {
  error: 'refuses',
  delay: 'holds back',
  drop_request: 'loses',
  drop_reply: 'loses the answer for',
  duplicate: 'sends twice',
};

function fault(story: Story, at: number, node: NodeName, { fault: kind, records }: Of<'fault'>): Story {
  const marked = records.reduce((changed, record) => {
    const token = findToken(changed, record);
    return token ? replaceToken(changed, { ...token, fault: kind }) : changed;
  }, story);
  const what = records[0] ? named(records[0].key) : 'a request';
  return say(marked, at, {
    kind: `fault-${kind}`,
    tone: 'bad',
    text: `A fault on ${nodeLetter(node)} ${FAULTS[kind]} ${what}.`,
    term: 'fault',
  });
}

function divergent(story: Story, at: number, node: NodeName, record: Of<'divergent'>): Story {
  const stamp = stampOf(record);
  if (story.tray.stamps.includes(stamp)) return story;
  const waiting = findToken(story, record);
  const way = {
    from: waiting?.phase === 'owed' ? 'queue' : (waiting?.owner ?? node),
    to: 'tray',
    ms: LEG_MS.tray,
    tone: 'bad',
  } as const;
  const dropped = waiting
    ? replaceToken(story, { ...goOn(waiting, at, way), phase: 'over' })
    : passBy(story, at, newToken(node, record), way);
  const { count, stamps, keys } = story.tray;
  const tray = {
    count: count + 1,
    stamps: [...stamps, stamp].slice(-MAX_REMEMBERED),
    keys: [...keys, record.key].slice(-MAX_IN_TRAY),
  };
  const text = `${named(record.key)}, version ${record.version}, is divergent: another primary wrote the key and had not seen it. It is listed, not lost.`;
  return say({ ...dropped, tray }, at, { kind: 'divergent', tone: 'bad', text, term: 'divergent' });
}
