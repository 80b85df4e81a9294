// The ways of tokens, in time. What happens within a few milliseconds is stretched so that it can be seen: a leg takes at
// least as long as is said here, and begins when the one before has ended. A token that falls behind what happens hurries.
import type { Form, Leg, Place, Token, Tone } from './story.ts';

/** What a leg takes at least, in milliseconds. */
export const LEG_MS = { client: 450, tube: 700, tick: 500, queue: 400, fade: 400, tray: 700 } as const;
/** Between two tokens that leave in one request, in milliseconds. */
export const STAGGER_MS = 260;
/** How far a token may be behind what happens, in milliseconds. Towards it legs get shorter. */
export const MAX_LAG_MS = 6000;
/** No leg is shorter, in milliseconds. */
const SHORTEST_MS = 60;
/** An answer that is not told after this time does not come, in milliseconds: longer than a node waits for its peer. */
export const PATIENCE_MS = 15_000;

export interface Way {
  readonly from: Place;
  readonly to: Place;
  readonly ms: number;
  readonly form?: Form;
  readonly tone?: Tone;
  readonly fade?: 'in' | 'out';
  readonly p0?: number;
  readonly p1?: number;
  /** It ends when more is known. */
  readonly isOpen?: boolean;
  /** Before it begins, in milliseconds. */
  readonly waitMs?: number;
}

/** How far along a leg its token is. */
export function progressAt({ start, end, p0, p1 }: Leg, t: number): number {
  if (t <= start) return p0;
  if (end === null) return p0 + (p1 - p0) * (1 - Math.exp(-(t - start) / 500));
  if (t >= end) return p1;
  return p0 + (p1 - p0) * smooth((t - start) / (end - start));
}

/** From 0 to 1, slow at both ends. */
export const smooth = (x: number): number => (x <= 0 ? 0 : x >= 1 ? 1 : x * x * (3 - 2 * x));

/** When the token has gone all its ways, as far as they are known. */
export function lastEnd({ legs }: Token): number {
  const last = legs.at(-1);
  return last === undefined ? 0 : (last.end ?? last.start);
}

/** The leg that the token is on at a time, or the last one before. */
export function legAt({ legs }: Token, t: number): Leg | undefined {
  let found = legs[0];
  for (const leg of legs) if (leg.start <= t) found = leg;
  return found;
}

/** The token with a further way, begun at the earliest at `at`. An open leg before it ends there, where the token is then. */
export function goOn(token: Token, at: number, way: Way): Token {
  const last = token.legs.at(-1);
  const before = last?.end === null ? token.legs.slice(0, -1) : token.legs;
  const isCut = last?.end === null;
  const free = isCut ? last.start : lastEnd(token);
  const start = Math.max(at, free) + (way.waitMs ?? 0);
  // An open leg is cut where the token is: one of the same way goes on from there.
  const isSame = isCut && last.from === way.from && last.to === way.to;
  const p0 = isSame ? progressAt(last, start) : (way.p0 ?? 0);
  const p1 = way.p1 ?? 1;
  const hurry = Math.max(0, 1 - Math.max(0, start - at - (way.waitMs ?? 0)) / MAX_LAG_MS);
  const ms = Math.max(SHORTEST_MS, way.ms * hurry * (isSame ? Math.max(0.4, Math.abs(p1 - p0)) : 1));
  const leg: Leg = {
    from: way.from,
    to: way.to,
    start,
    end: way.isOpen ? null : start + ms,
    p0,
    p1,
    form: way.form ?? 'record',
    tone: way.tone ?? 'plain',
    ...(way.fade && { fade: way.fade }),
  };
  // What is past is kept in the recording: of the legs only those that may still be drawn.
  const legs = [
    ...before.filter(({ end }) => end === null || end > at - 1),
    ...(isCut && !isSame ? [cut(last, start)] : []),
    leg,
  ];
  return { ...token, legs };
}

const cut = (leg: Leg, at: number): Leg => ({ ...leg, end: Math.max(leg.start, at), p1: progressAt(leg, at) });

/** When the token is gone from the picture. */
export function goneAt(token: Token): number {
  const last = token.legs.at(-1);
  if (last === undefined) return 0;
  if (token.phase === 'owed') return Number.POSITIVE_INFINITY;
  if (last.end === null) return last.start + PATIENCE_MS;
  return token.phase === 'over' ? last.end : last.end + PATIENCE_MS;
}
