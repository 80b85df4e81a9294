// Tokens of a story: how one comes to be, is found again, and joins others where there are too many to draw one by one.
import type { NamedRecord } from '../../lib/telemetry/events.ts';
import { goneAt, goOn, LEG_MS, lastEnd, type Way } from './legs.ts';
import type { NodeName } from './observation.ts';
import { MAX_QUEUED, MAX_SINGLE, type Story, type Token } from './story.ts';

/** Records that come within this time are drawn as one number, where there are many, in milliseconds. */
const FLOW_MS = 300;

/** The token of a record that is on its way or waits. */
export function findToken({ tokens }: Story, { key, epoch, version }: NamedRecord): Token | undefined {
  return tokens.find(
    (token) =>
      token.phase !== 'over' &&
      !token.isTwin &&
      !token.flow &&
      token.key === key &&
      // Of a record that was only seen to wait, the stamp is not known.
      ((token.version === version && token.epoch === epoch) || token.version === 0),
  );
}

export function replaceToken(story: Story, token: Token): Story {
  return { ...story, tokens: story.tokens.map((each) => (each.id === token.id ? token : each)) };
}

export const withToken = (story: Story, token: Omit<Token, 'id'>): Story => ({
  ...story,
  tokens: [...story.tokens, { ...token, id: story.next }],
  next: story.next + 1,
});

/** Drops the tokens that have gone their last way. */
export function withoutGone(story: Story, at: number): Story {
  return story.tokens.some((token) => goneAt(token) < at)
    ? { ...story, tokens: story.tokens.filter((token) => goneAt(token) >= at) }
    : story;
}

/** Whether one more record can be drawn for itself. */
export function hasRoom({ tokens }: Story): boolean {
  let singles = 0;
  for (const { phase, flow } of tokens) if (phase !== 'owed' && !flow) singles++;
  return singles < MAX_SINGLE;
}

export function newToken(owner: NodeName, record: NamedRecord): Omit<Token, 'id'> {
  return {
    key: record.key,
    epoch: record.epoch,
    version: record.version,
    ...(record.deleted && { deleted: true }),
    count: 1,
    owner,
    phase: 'held',
    legs: [],
    isTwin: false,
    sent: 0,
  };
}

/** A token of its own goes a way and is gone. */
export function passBy(story: Story, at: number, token: Omit<Token, 'id'>, ...ways: readonly Way[]): Story {
  const going = ways.reduce<Token>((each, way) => goOn(each, at, way), { ...token, id: story.next });
  return { ...story, tokens: [...story.tokens, { ...going, phase: 'over' }], next: story.next + 1 };
}

/**
 * Records that are not drawn for themselves go a way as one number. Those that follow soon join them.
 * @param name of the way: only what goes the same one is counted together
 */
export function flow(story: Story, at: number, owner: NodeName, name: string, count: number, way: Way): Story {
  if (count <= 0) return story;
  const counted = name === 'written' ? { ...story, drawn: story.drawn + count } : story;
  const open = counted.tokens.find(
    (token) => token.flow?.name === name && token.owner === owner && token.flow.closesAt > at,
  );
  if (open) return replaceToken(counted, { ...open, count: open.count + count });
  const token = {
    ...newToken(owner, { key: '', epoch: 0, version: 0 }),
    count,
    flow: { name, closesAt: at + FLOW_MS },
  };
  return passBy(counted, at, token, { ...way, ms: way.ms + LEG_MS.fade, waitMs: FLOW_MS });
}

/** The tokens of the queue of a node, the first to leave first. */
export const queueOf = ({ tokens }: Story): readonly Token[] => tokens.filter(({ phase }) => phase === 'owed');

/** Records that wait, whether they are drawn with their keys or not. */
export const owedIn = (story: Story): number => queueOf(story).length + story.owedMore;

/** The record goes into the queue: with its key as long as there is room, and else into the number. */
export function putInQueue(story: Story, at: number, token: Token, nextAttemptAt?: number): Story {
  const owed: Token = {
    ...token,
    phase: 'owed',
    owedAt: token.owedAt ?? at,
    ...(nextAttemptAt !== undefined && { nextAttemptAt }),
  };
  if (token.phase === 'owed' || queueOf(story).length < MAX_QUEUED) return replaceToken(story, owed);
  return { ...replaceToken(story, { ...token, phase: 'over' }), owedMore: story.owedMore + 1 };
}

/** Records that were written since, and replaced what waited under their key, are not waited for any more. */
export function replaceOlder(story: Story, at: number, record: NamedRecord): Story {
  const older = story.tokens.filter(
    (token) =>
      !token.flow &&
      token.key === record.key &&
      (token.phase === 'owed' || token.phase === 'held') &&
      (token.epoch < record.epoch || (token.epoch === record.epoch && token.version < record.version)),
  );
  return older.reduce((changed, token) => replaceToken(changed, dissolve(token, at)), story);
}

/** The token fades where it is. */
export function dissolve(token: Token, at: number): Token {
  const place = token.legs.at(-1)?.to ?? token.owner;
  const isFlying = token.legs.at(-1)?.end === null;
  const way: Way = isFlying
    ? { from: token.legs.at(-1)?.from ?? token.owner, to: place, p1: 0.62, ms: LEG_MS.fade, fade: 'out', tone: 'plain' }
    : { from: place, to: place, ms: LEG_MS.fade, fade: 'out' };
  return { ...goOn(token, at, way), phase: 'over' };
}

/** When a token has done what it does by now, or `at`, whichever is later. */
export const after = (token: Token | undefined, at: number): number => Math.max(at, token ? lastEnd(token) : 0);

/** Whether the token is now at the replica, or was, since it was last sent. */
export const isThere = ({ phase }: Token): boolean => phase === 'arrived' || phase === 'landed' || phase === 'declined';

/** Where the token is coming from. */
export const fromOf = (token: Token) => token.legs.at(-1)?.from ?? token.owner;

/** What a node has under way ends where it is. @param isOver which of it */
export function endFlights(story: Story, at: number, node: NodeName, isOver = (_: Token): boolean => true): Story {
  return story.tokens
    .filter(({ phase, flow: many, owner }) => owner === node && !many && phase !== 'over' && phase !== 'owed')
    .filter(isOver)
    .reduce((changed, token) => replaceToken(changed, dissolve(token, at)), story);
}
