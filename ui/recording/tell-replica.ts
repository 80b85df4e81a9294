// What a replica tells of the records that come, drawn: received, taken, refused.
import type { NamedOutcome, NamedRecord, ReplicaEvent } from '../../lib/telemetry/events.ts';
import { goOn, LEG_MS, lastEnd } from './legs.ts';
import { type NodeName, nodeLetter, otherNode } from './observation.ts';
import { named, say } from './say.ts';
import { type Story, type Token, withNode } from './story.ts';
import { findToken, fromOf, hasRoom, isThere, newToken, passBy, replaceToken, withToken } from './tokens.ts';
import { showValue } from './values.ts';

export function tellReplica(story: Story, at: number, node: NodeName, event: ReplicaEvent): Story {
  if (event.kind === 'refused') return refused(story, at, node, event.code);
  if (event.kind === 'received')
    return event.records.reduce((drawn, record) => received(drawn, at, node, record), story);
  return event.records.reduce((drawn, record) => taken(drawn, at, node, record), story);
}

function received(story: Story, at: number, node: NodeName, record: NamedRecord): Story {
  const token = findToken(story, record) ?? unseen(story, node, record);
  if (!token) return story;
  const known = story.tokens.includes(token) ? story : withToken(story, token);
  if (token.owner === node) return story;
  if (isThere(token)) return twin(known, at, node, token);
  return replaceToken(known, arrive(token, at, node));
}

/** A record whose primary tells nothing. */
function unseen(story: Story, node: NodeName, record: NamedRecord): Token | undefined {
  if (story.nodes[otherNode(node)].isTelling !== false || !hasRoom(story)) return undefined;
  return { ...newToken(otherNode(node), record), id: story.next };
}

function arrive(token: Token, at: number, node: NodeName): Token {
  const from = token.phase === 'owed' ? 'queue' : token.phase === 'flying' ? fromOf(token) : token.owner;
  return { ...goOn(token, at, { from, to: node, ms: LEG_MS.tube }), phase: 'arrived' };
}

/** The same request has come twice: the second record dissolves at the replica. */
function twin(story: Story, at: number, node: NodeName, token: Token): Story {
  const { id: _, ...same } = { ...newToken(token.owner, token), id: 0, isTwin: true };
  // It stays behind the first one, and ends after it.
  const begin = Math.max(at, lastEnd(token) - LEG_MS.tube + 200);
  const drawn = passBy(
    story,
    begin,
    same,
    { from: token.owner, to: node, ms: LEG_MS.tube, tone: 'same' },
    { from: node, to: node, ms: LEG_MS.fade * 2, tone: 'same', fade: 'out' },
  );
  const text = `${named(token.key)} came to ${nodeLetter(node)} twice. The second one is “same”: it changes nothing.`;
  return say(drawn, at, { kind: 'twice', tone: 'same', text, term: 'same' });
}

function taken(story: Story, at: number, node: NodeName, record: NamedOutcome): Story {
  const token = findToken(story, record);
  if (!token || token.owner === node) return record.outcome === 'applied' ? showValue(story, node, record, at) : story;
  const there = isThere(token) ? token : arrive(token, at, node);
  if (record.outcome === 'failed') return replaceToken(story, { ...there, phase: 'declined' });
  // The answer of a second request does not change what the first one did.
  const outcome = token.phase === 'landed' ? (token.outcome ?? record.outcome) : record.outcome;
  const landed = replaceToken(story, { ...there, phase: 'landed', outcome });
  return record.outcome === 'superseded' ? landed : showValue(landed, node, record, lastEnd(there));
}

const REFUSALS: Readonly<Record<string, string>> = {
  stale_epoch: 'its epoch is over, and another node leads: it is fenced',
  other_contents: 'the message was meant for contents that are gone',
};

function refused(story: Story, at: number, node: NodeName, code: string): Story {
  const other = otherNode(node);
  const text = `${nodeLetter(node)} refused what ${nodeLetter(other)} sent: ${REFUSALS[code] ?? code}.`;
  const isFence = code === 'stale_epoch';
  const fenced = isFence ? withNode(story, other, { fencedAt: at }) : story;
  const term = isFence ? 'fenced' : 'contents';
  return say(fenced, at, { kind: `refusal-${code}`, tone: 'bad', text, term });
}
