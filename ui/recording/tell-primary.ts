// What a primary tells of its records, drawn: written, sent, answered, not answered, not tried.
import type { NamedOutcome, NamedRecord, PrimaryEvent } from '../../lib/telemetry/events.ts';
import { goOn, LEG_MS, lastEnd, STAGGER_MS } from './legs.ts';
import type { NodeName } from './observation.ts';
import { named, records, say } from './say.ts';
import { nodeLetter, otherNode, type Story, type Token } from './story.ts';
import {
  dissolve,
  findToken,
  flow,
  hasRoom,
  newToken,
  putInQueue,
  replaceOlder,
  replaceToken,
  withToken,
} from './tokens.ts';
import { showValue } from './values.ts';

type Of<Kind extends PrimaryEvent['kind']> = Extract<PrimaryEvent, { readonly kind: Kind }>;

export function tellPrimary(story: Story, at: number, node: NodeName, event: PrimaryEvent): Story {
  switch (event.kind) {
    case 'written':
      return written(story, at, node, event);
    case 'sent':
      return sent(story, at, node, event);
    case 'answered':
      return answered(story, at, node, event);
    case 'unanswered':
      return unanswered(story, at, node, event);
    case 'not_tried':
      return notTried(story, at, node, event);
    case 'circuit':
      return circuit(story, at, node, event);
    case 'replica':
      return replica(story, at, node, event);
    case 'repair':
      return repair(story, at, node, event);
    case 'pulled':
      return pulled(story, at, node, event);
  }
}

const toClientFlow = { from: 'client', ms: LEG_MS.client } as const;

function written(story: Story, at: number, node: NodeName, record: NamedRecord): Story {
  const replaced = replaceOlder(story, at, record);
  if (findToken(replaced, record)) return replaced;
  if (!hasRoom(replaced)) {
    const seen = showValue(replaced, node, record, at);
    const many = say(seen, at, { kind: 'written-many', text: `Many writes at once: they are drawn as numbers.` });
    return flow(many, at, node, 'written', 1, { ...toClientFlow, to: node });
  }
  const token: Token = { ...newToken(node, record), id: replaced.next, writtenAt: at };
  const going = goOn(token, at, { from: 'client', to: node, ms: LEG_MS.client });
  const drawn = { ...withToken(replaced, going), drawn: replaced.drawn + 1 };
  const text = `${named(record.key)} was ${record.deleted ? 'deleted' : 'written'} on ${nodeLetter(node)}, as version ${record.version}.`;
  return say(showValue(drawn, node, record, lastEnd(going)), at, { kind: `written-${node}`, text });
}

/** The token of a record that leaves; of one that was not seen to be written, a new one at its node. */
function leaving(
  story: Story,
  node: NodeName,
  record: NamedRecord,
  isRetried: boolean,
): readonly [Story, Token] | undefined {
  const found = findToken(story, record);
  if (found) return [story, found];
  if (!hasRoom(story)) return undefined;
  const owedMore = Math.max(0, story.owedMore - (isRetried ? 1 : 0));
  const added = { ...withToken(story, newToken(node, record)), owedMore };
  const token = added.tokens.at(-1);
  return token && [added, token];
}

function sent(story: Story, at: number, node: NodeName, event: Of<'sent'>): Story {
  const to = otherNode(node);
  let left = 0;
  let drawn = story;
  let apart = event.count - event.records.length;
  for (const record of event.records) {
    const leaves = leaving(drawn, node, record, event.retried > 0);
    if (!leaves) {
      apart++;
      continue;
    }
    const [with_, token] = leaves;
    const from = token.phase === 'owed' ? 'queue' : node;
    drawn = with_;
    if (isAhead(token)) {
      drawn = replaceToken(drawn, { ...token, sent: token.sent + 1, request: event.request });
      continue;
    }
    const { nextAttemptAt: _, ...waited } = { ...token, epoch: record.epoch, version: record.version };
    const way = { from, to, ms: LEG_MS.tube, p1: 0.55, isOpen: true, waitMs: left++ * STAGGER_MS } as const;
    const going = goOn(waited, at, way);
    drawn = replaceToken(drawn, { ...going, phase: 'flying', sent: token.sent + 1, request: event.request });
    if (token.phase === 'owed' || token.sent > 0) drawn = sayAgain(drawn, at, node, token);
  }
  const wait = left * STAGGER_MS;
  return flow(drawn, at, node, 'sent', apart, { from: node, to, ms: LEG_MS.tube + wait });
}

/** The replica has told of it before the primary did, whose clock reads a little later. */
const isAhead = ({ phase }: Token): boolean => phase === 'arrived' || phase === 'landed' || phase === 'declined';

function sayAgain(story: Story, at: number, node: NodeName, { key, owedAt }: Token): Story {
  const waited = owedAt === undefined ? '' : `, after ${seconds(at - owedAt)}`;
  return say(story, at, {
    kind: `again-${node}`,
    text: `${nodeLetter(node)} sends ${named(key)} again${waited}.`,
    term: 'retry',
  });
}

const seconds = (ms: number): string => `${(Math.max(0, ms) / 1000).toFixed(1)} s`;

function answered(story: Story, at: number, node: NodeName, event: Of<'answered'>): Story {
  let drawn = story;
  const apart = { acknowledged: event.count - event.records.length, failed: 0 };
  for (const record of event.records) {
    const token = findToken(drawn, record);
    if (token) drawn = settle(drawn, at, node, token, record);
    else if (record.outcome === 'failed') apart.failed++;
    else apart.acknowledged++;
  }
  return flowAnswers(drawn, at, node, apart.acknowledged, apart.failed);
}

/** Answers for records that are not drawn one by one. */
export function flowAnswers(story: Story, at: number, node: NodeName, acknowledged: number, failed: number): Story {
  const from = otherNode(node);
  const fewer = { ...story, owedMore: Math.max(0, story.owedMore - acknowledged) };
  const ticks = flow(acknowledged > 0 ? fewer : story, at, node, 'acknowledged', acknowledged, {
    from,
    to: node,
    ms: LEG_MS.tick,
    form: 'tick',
    tone: 'good',
    waitMs: LEG_MS.tube,
  });
  return flow(ticks, at, node, 'failed', failed, { from, to: node, ms: LEG_MS.tick, tone: 'bad', waitMs: LEG_MS.tube });
}

function settle(story: Story, at: number, node: NodeName, token: Token, record: NamedOutcome): Story {
  return record.outcome === 'failed'
    ? refused(story, at, node, token, record)
    : acknowledged(story, at, node, token, record);
}

/** The rest of the way to the replica, where that has not told that the record arrived. */
function arrived(token: Token, at: number): Token {
  if (token.phase !== 'flying') return token;
  return goOn(token, at, { from: fromOf(token), to: otherNode(token.owner), ms: LEG_MS.tube });
}

export const fromOf = (token: Token) => token.legs.at(-1)?.from ?? token.owner;

function acknowledged(story: Story, at: number, node: NodeName, token: Token, { outcome }: NamedOutcome): Story {
  const from = otherNode(node);
  const there = arrived(token, at);
  const shown = token.phase === 'landed' ? story : showValue(story, from, token, lastEnd(there));
  const tone = outcome === 'applied' ? 'good' : 'same';
  const going = goOn(there, at, { from, to: node, ms: LEG_MS.tick, form: 'tick', tone });
  const lag = token.writtenAt === undefined ? story.lag : { at, ms: Math.max(0, at - token.writtenAt) };
  const ended = { ...replaceToken(shown, { ...going, phase: 'over', outcome }), lag };
  const [a, b, key] = [nodeLetter(node), nodeLetter(from), named(token.key)];
  const took =
    token.writtenAt === undefined || token.sent > 1
      ? ''
      : ` It took ${Math.max(0, Math.round(at - token.writtenAt))} ms.`;
  const healed = token.owedAt !== undefined;
  const texts = {
    applied: healed
      ? `${key} has arrived: ${b} has it now, and ${a} owes it no more.`
      : `${key} is on both nodes: ${b} has acknowledged it.${took}`,
    same: `${b} had ${key} already: it answers “same”, and nothing is applied twice.`,
    superseded: `${b} holds a newer version of ${key} already.`,
  };
  const kind = `${outcome}-${healed ? 'healed' : 'new'}-${node}`;
  const said = say(ended, at, {
    kind,
    tone,
    text: texts[outcome as keyof typeof texts],
    ...(outcome === 'same' && { term: 'same' }),
  });
  return healed ? sayHealed(said, at) : said;
}

/** Once nothing waits any more, that is said. */
function sayHealed(story: Story, at: number): Story {
  const isOwing =
    story.owedMore > 0 || story.tokens.some(({ phase, owedAt }) => phase !== 'over' && owedAt !== undefined);
  return isOwing
    ? story
    : say(story, at, { kind: 'healed', tone: 'good', text: 'Healed: nothing waits any more.', term: 'backlog' });
}

/** Where on its way a token meets the wall of a node that does not let it in. */
const WALL = 0.77;

/** It bounces off the replica, and waits in the queue. */
function refused(
  story: Story,
  at: number,
  node: NodeName,
  token: Token,
  { error, nextAttemptAt }: { readonly error?: string | undefined; readonly nextAttemptAt?: number | undefined },
): Story {
  const to = otherNode(node);
  const isOutside = token.phase === 'flying';
  const there = isOutside ? goOn(token, at, { from: fromOf(token), to, p1: WALL, ms: LEG_MS.tube }) : token;
  const p0 = isOutside ? 1 - WALL : 0;
  const back = goOn(there, at, { from: to, to: 'queue', p0, ms: LEG_MS.tube, tone: 'bad' });
  const [a, b, key] = [nodeLetter(node), nodeLetter(to), named(token.key)];
  const text = isOutside
    ? `${key} bounced off ${b}${error ? ` (${error})` : ''}. ${a} keeps it in its backlog and tries again.`
    : `${b} refused ${key}${error ? ` (${error})` : ''}. ${a} keeps it in its backlog and tries again.`;
  const kind = `${isOutside ? 'bounced' : 'refused'}-${node}`;
  return say(putInQueue(story, at, back, nextAttemptAt), at, { kind, tone: 'bad', text, term: 'backlog' });
}

function unanswered(story: Story, at: number, node: NodeName, event: Of<'unanswered'>): Story {
  let drawn = story;
  let apart = event.count - event.records.length;
  for (const record of event.records) {
    const token = findToken(drawn, record);
    if (token) drawn = lost(drawn, at, node, token, event);
    else apart++;
  }
  return flowLost(drawn, at, node, apart);
}

export function flowLost(story: Story, at: number, node: NodeName, count: number): Story {
  const way = { from: node, to: otherNode(node), p1: 0.6, ms: LEG_MS.tube, tone: 'bad', fade: 'out' } as const;
  return flow(count > 0 ? { ...story, owedMore: story.owedMore + count } : story, at, node, 'unanswered', count, way);
}

/** Whether nothing was lost on the way: the other side said no. */
const isRefusal = (error: string): boolean =>
  /refused|answered \d|protocol|wrong node|other_contents|stale_epoch|unreachable/i.test(error);

function lost(
  story: Story,
  at: number,
  node: NodeName,
  token: Token,
  { error, nextAttemptAt }: Of<'unanswered'>,
): Story {
  const from = otherNode(node);
  const hasLanded = token.phase === 'landed' || (token.fault === 'drop_reply' && token.phase !== 'owed');
  if (!hasLanded && token.fault !== 'drop_request' && isRefusal(error))
    return refused(story, at, node, token, { error, nextAttemptAt });
  const dying = hasLanded
    ? goOn(arrived(token, at), at, { from, to: node, p1: 0.5, ms: LEG_MS.tick, form: 'tick', tone: 'bad', fade: 'out' })
    : goOn(token, at, { from: fromOf(token), to: from, p1: 0.62, ms: LEG_MS.tube, tone: 'bad', fade: 'out' });
  const back = goOn(dying, at, { from: 'queue', to: 'queue', ms: LEG_MS.fade, fade: 'in' });
  const [a, b, key] = [nodeLetter(node), nodeLetter(from), named(token.key)];
  const text = hasLanded
    ? `${b} took ${key}, but its answer was lost. ${a} cannot know, and sends it again.`
    : `${key} was lost on its way to ${b} (${error}). ${a} keeps it and tries again.`;
  const kind = `${hasLanded ? 'lost-reply' : 'lost-request'}-${node}`;
  const term = hasLanded ? 'lost reply' : 'lost request';
  return say(putInQueue(story, at, back, nextAttemptAt), at, { kind, tone: 'bad', text, term });
}

function notTried(story: Story, at: number, node: NodeName, event: Of<'not_tried'>): Story {
  let drawn = story;
  let apart = event.count - event.records.length;
  for (const record of event.records) {
    const token = findToken(drawn, record);
    if (!token) apart++;
    else if (token.phase !== 'owed')
      drawn = putInQueue(
        drawn,
        at,
        goOn(token, at, { from: node, to: 'queue', ms: LEG_MS.queue, tone: 'warn' }),
        event.nextAttemptAt,
      );
  }
  const text = `${nodeLetter(node)} does not try to send (${event.error}): the write does not wait, and goes to the backlog.`;
  return flowNotTried(
    say(drawn, at, { kind: `not-tried-${node}`, tone: 'warn', text, term: 'circuit', times: event.count }),
    at,
    node,
    apart,
  );
}

export function flowNotTried(story: Story, at: number, node: NodeName, count: number): Story {
  const counted = count > 0 ? { ...story, owedMore: story.owedMore + count } : story;
  return flow(counted, at, node, 'not-tried', count, { from: node, to: 'queue', ms: LEG_MS.queue, tone: 'warn' });
}

const CIRCUIT = {
  open: 'has opened its circuit: it stops trying, so that writes do not wait for a replica that keeps failing',
  half_open: 'has half opened its circuit: the next write tries the replica again',
  closed: 'has closed its circuit: the replica answers again',
};

function circuit(story: Story, at: number, node: NodeName, { state }: Of<'circuit'>): Story {
  const nodes = { ...story.nodes, [node]: { ...story.nodes[node], circuit: state } };
  const text = `${nodeLetter(node)} ${CIRCUIT[state]}.`;
  return say({ ...story, nodes }, at, {
    kind: `circuit-${state}`,
    tone: state === 'closed' ? 'good' : 'warn',
    text,
    term: 'circuit',
  });
}

function replica(story: Story, at: number, node: NodeName, { isRefilling }: Of<'replica'>): Story {
  const other = otherNode(node);
  if (story.nodes[other].isRefilling === isRefilling) return story;
  const nodes = { ...story.nodes, [other]: { ...story.nodes[other], isRefilling } };
  const text = isRefilling
    ? `${nodeLetter(other)} has other contents than before: ${nodeLetter(node)} fills it again.`
    : `${nodeLetter(other)} has all that was owed to it.`;
  return say({ ...story, nodes }, at, {
    kind: `refill-${isRefilling}`,
    tone: isRefilling ? 'warn' : 'good',
    text,
    term: 'refill',
  });
}

function repair(story: Story, at: number, node: NodeName, event: Of<'repair'>): Story {
  if (event.phase === 'began') return story;
  const { shipped = 0, failed = 0, stoppedBy } = event;
  if (shipped + failed === 0 && stoppedBy === undefined) return story;
  const end = stoppedBy === undefined ? '' : ` It ended early: ${stoppedBy}.`;
  const text = `${nodeLetter(node)} has repaired: ${records(shipped)} shipped${failed ? `, ${failed} failed` : ''}.${end}`;
  const tone = failed > 0 || stoppedBy !== undefined ? 'warn' : 'good';
  return say(story, at, { kind: 'repair', tone, text, term: 'repair' });
}

/** Records of the other node come to the one that leads. */
function pulled(story: Story, at: number, node: NodeName, { records: named_, count }: Of<'pulled'>): Story {
  const from = otherNode(node);
  const shown = named_.reduce((changed, record) => showValue(changed, node, record, at + LEG_MS.tube), story);
  const drawn = flow(shown, at, node, 'pulled', count, { from, to: node, ms: LEG_MS.tube, tone: 'warn' });
  const text = `${nodeLetter(node)} took ${records(count)} back from ${nodeLetter(from)}.`;
  return say(drawn, at, { kind: `pulled-${node}`, tone: 'good', text, term: 'recovering', times: count });
}

/** What a node had under way ends with its process. */
export function endFlights(story: Story, at: number, node: NodeName): Story {
  return story.tokens
    .filter(({ phase, flow: many, owner }) => owner === node && !many && phase !== 'over' && phase !== 'owed')
    .reduce((changed, token) => replaceToken(changed, dissolve(token, at)), story);
}
