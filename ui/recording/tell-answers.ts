// What becomes of records that a primary has sent, drawn: answered, not answered, not tried.
import type { NamedOutcome, PrimaryEvent } from '../../lib/telemetry/events.ts';
import { flowAnswers, flowLost, flowNotTried } from './flows.ts';
import { goOn, LEG_MS, lastEnd } from './legs.ts';
import { type NodeName, nodeLetter, otherNode } from './observation.ts';
import { named, say } from './say.ts';
import type { Story, Token } from './story.ts';
import { findToken, fromOf, putInQueue, replaceToken } from './tokens.ts';
import { showValue } from './values.ts';

type Of<Kind extends PrimaryEvent['kind']> = Extract<PrimaryEvent, { readonly kind: Kind }>;

export function answered(story: Story, at: number, node: NodeName, event: Of<'answered'>): Story {
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

export function unanswered(story: Story, at: number, node: NodeName, event: Of<'unanswered'>): Story {
  let drawn = story;
  let apart = event.count - event.records.length;
  for (const record of event.records) {
    const token = findToken(drawn, record);
    if (token) drawn = lost(drawn, at, node, token, event);
    else apart++;
  }
  return flowLost(drawn, at, node, apart);
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

export function notTried(story: Story, at: number, node: NodeName, event: Of<'not_tried'>): Story {
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
