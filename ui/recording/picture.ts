// The picture of a story at a time: where each token is, and what each node shows. The same story and the same time always give
// the same picture.
import { goneAt, legAt, progressAt, smooth } from './legs.ts';
import { type NodeName, otherNode } from './observation.ts';
import { type Form, MAX_QUEUED, type Place, type Sentence, type Story, type Token, type Tone } from './story.ts';

/** While a token fades, and while the queue closes up, in milliseconds. */
const FADE_MS = 400;
const CLOSE_UP_MS = 250;
/** While the crown moves, in milliseconds. */
export const CROWN_MS = 900;

export interface Drawn {
  readonly id: number;
  /** What is written on it: a key, or how many it stands for. */
  readonly label: string;
  readonly form: Form;
  readonly tone: Tone;
  readonly from: Place;
  readonly to: Place;
  /** The node whose queue and tray are meant. */
  readonly owner: NodeName;
  /** From 0 to 1. */
  readonly progress: number;
  readonly opacity: number;
  /** Its place in the queue, from 0 on; between two while the queue closes up. */
  readonly slot: number;
  readonly count: number;
  readonly deleted: boolean;
  readonly isTwin: boolean;
  /** It stands in the queue. */
  readonly isWaiting: boolean;
  /** Of one that waits: how much of its time is over, from 0 to 1, and how long it is until the next attempt. */
  readonly ring?: { readonly part: number; readonly leftMs: number };
}

export interface Picture {
  readonly at: number;
  readonly tokens: readonly Drawn[];
  /** Records that wait: those with keys in the queue, and all. */
  readonly queued: number;
  readonly owed: number;
  /** Of these, those that are drawn as a number. */
  readonly owedMore: number;
  /** Records that have been written and are seen on their way to the other node. */
  readonly onTheWay: number;
  /** The crown: on its way from one to the other while `progress` is below 1. */
  readonly crown: { readonly on: NodeName | null; readonly before: NodeName | null; readonly progress: number };
  readonly isMoving: boolean;
  /** Events of the last two seconds that were only counted. */
  readonly thinned: number;
  /** What just happened, the newest last. */
  readonly told: readonly Sentence[];
}

export function pictureAt(story: Story, t: number): Picture {
  const shown = story.tokens.filter((token) => t < goneAt(token));
  const slots = slotsAt(shown, t);
  const queued = shown.filter((token) => isQueued(token, t)).length;
  const crown = Math.min(1, (t - story.crown.movedAt) / CROWN_MS);
  return {
    at: t,
    tokens: shown.flatMap((token) => drawn(token, slots.get(token.id) ?? 0, t)),
    queued,
    owed: shown.filter((token) => token.phase === 'owed' || isQueued(token, t)).length + story.owedMore,
    owedMore: story.owedMore,
    onTheWay: shown.reduce((sum, token) => sum + (isOnTheWay(token, t) ? token.count : 0), 0),
    crown: { ...story.crown, progress: story.crown.before === null ? 1 : smooth(crown) },
    isMoving: crown < 1 || shown.some((token) => isMoving(token, t)),
    thinned: t - story.thinned.at < 2000 ? story.thinned.count : 0,
    told: story.told.filter(({ at }) => at <= t),
  };
}

function isMoving(token: Token, t: number): boolean {
  const last = token.legs.at(-1);
  if (token.phase === 'owed' && token.nextAttemptAt !== undefined && token.nextAttemptAt > t) return true;
  return last !== undefined && (last.end === null || t < last.end + FADE_MS);
}

/** Until its copy is seen to have arrived. */
function isOnTheWay(token: Token, t: number): boolean {
  const leg = legAt(token, t);
  if (leg?.form !== 'record' || token.isTwin || leg.fade === 'out') return false;
  return leg.from === 'client' || leg.to === otherNode(token.owner) || token.phase === 'held';
}

/** Whether the token stands in the queue, or still does before it leaves. */
function isQueued(token: Token, t: number): boolean {
  const leg = legAt(token, t);
  if (!leg || token.flow) return false;
  const hasCome = leg.to === 'queue' && leg.end !== null && t >= (leg.from === 'queue' ? leg.start : leg.end);
  return hasCome || (leg.from === 'queue' && leg.to !== 'queue' && t < leg.start);
}

/** Where each stands in the queue: behind those before it. One that has just left still counts in part, while it closes up. */
function slotsAt(tokens: readonly Token[], t: number): ReadonlyMap<number, number> {
  const slots = new Map<number, number>();
  let before = 0;
  for (const token of tokens) {
    slots.set(token.id, Math.min(before, MAX_QUEUED));
    before += roomOf(token, t);
  }
  return slots;
}

function roomOf(token: Token, t: number): number {
  const leg = legAt(token, t);
  if (!leg || token.flow) return 0;
  if (isQueued(token, t) && leg.fade !== 'out') return 1;
  if (leg.from === 'queue') return 1 - smooth((t - leg.start) / CLOSE_UP_MS);
  return leg.to === 'queue' ? progressAt(leg, t) : 0;
}

function drawn(token: Token, slot: number, t: number): readonly Drawn[] {
  const leg = legAt(token, t);
  if (!leg) return [];
  const opacity = opacityOf(token, t);
  if (opacity <= 0) return [];
  const ring = isQueued(token, t) ? ringOf(token, t) : undefined;
  return [
    {
      id: token.id,
      label: labelOf(token, t),
      form: leg.form,
      tone: leg.tone,
      from: leg.from,
      to: leg.to,
      owner: token.owner,
      progress: progressAt(leg, t),
      opacity,
      slot,
      count: token.count,
      deleted: token.deleted === true,
      isTwin: token.isTwin,
      isWaiting: isQueued(token, t),
      ...(ring && { ring }),
    },
  ];
}

function labelOf(token: Token, t: number): string {
  if (token.flow) return `×${token.count.toLocaleString('en')}`;
  const leg = legAt(token, t);
  if (token.label !== undefined && leg?.form === 'tick') return token.label;
  if (token.label !== undefined && leg?.form === 'question') return `${token.label} ${token.key}`;
  return token.key;
}

function opacityOf(token: Token, t: number): number {
  const leg = legAt(token, t);
  if (!leg) return 0;
  if (t < leg.start) return token.label !== undefined || token.isTwin ? 0 : 1;
  const part = leg.end === null ? 0 : smooth((t - leg.start) / (leg.end - leg.start));
  if (leg.fade === 'out') return 1 - smooth(part * 1.4 - 0.4);
  if (leg.fade === 'in') return part;
  // At the end of its way it dissolves, and slower where nobody told how it ended.
  const left = goneAt(token) - t;
  return Math.min(1, left / (token.phase === 'over' ? 120 : 1000));
}

function ringOf(token: Token, t: number): Drawn['ring'] {
  if (token.phase !== 'owed' || token.nextAttemptAt === undefined || token.nextAttemptAt <= t) return undefined;
  const since = Math.min(t, token.legs.at(-1)?.start ?? token.owedAt ?? t);
  const whole = Math.max(1, token.nextAttemptAt - since);
  return { part: Math.min(1, (t - since) / whole), leftMs: token.nextAttemptAt - t };
}
