// What a primary tells, drawn: records that are written and sent, and how it is doing itself. What becomes of those that it has sent is
// in tell-answers.ts.
import type { NamedRecord, PrimaryEvent } from '../../lib/telemetry/events.ts';
import { goOn, LEG_MS, lastEnd, STAGGER_MS } from './legs.ts';
import { type NodeName, nodeLetter, otherNode } from './observation.ts';
import { named, records, say } from './say.ts';
import { type Story, type Token, withNode } from './story.ts';
import { answered, notTried, unanswered } from './tell-answers.ts';
import { findToken, flow, hasRoom, isThere, newToken, replaceOlder, replaceToken, withToken } from './tokens.ts';
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
    // The replica has told of it before the primary did, whose clock reads a little later.
    if (isThere(token)) {
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

function sayAgain(story: Story, at: number, node: NodeName, { key, owedAt }: Token): Story {
  const waited = owedAt === undefined ? '' : `, after ${seconds(at - owedAt)}`;
  return say(story, at, {
    kind: `again-${node}`,
    text: `${nodeLetter(node)} sends ${named(key)} again${waited}.`,
    term: 'retry',
  });
}

const seconds = (ms: number): string => `${(Math.max(0, ms) / 1000).toFixed(1)} s`;

const CIRCUIT = {
  open: 'has opened its circuit: it stops trying, so that writes do not wait for a replica that keeps failing',
  half_open: 'has half opened its circuit: the next write tries the replica again',
  closed: 'has closed its circuit: the replica answers again',
};

function circuit(story: Story, at: number, node: NodeName, { state }: Of<'circuit'>): Story {
  const text = `${nodeLetter(node)} ${CIRCUIT[state]}.`;
  return say(withNode(story, node, { circuit: state }), at, {
    kind: `circuit-${state}`,
    tone: state === 'closed' ? 'good' : 'warn',
    text,
    term: 'circuit',
  });
}

function replica(story: Story, at: number, node: NodeName, { isRefilling }: Of<'replica'>): Story {
  const other = otherNode(node);
  if (story.nodes[other].isRefilling === isRefilling) return story;
  const text = isRefilling
    ? `${nodeLetter(other)} has other contents than before: ${nodeLetter(node)} fills it again.`
    : `${nodeLetter(other)} has all that was owed to it.`;
  return say(withNode(story, other, { isRefilling }), at, {
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
