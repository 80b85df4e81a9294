// What the console knows at one moment: the nodes, the records on their way, what waits, what was just said. It is made of
// observations by `tell`, is never changed, and holds no more than the limits of this file.
import type { AttemptOutcome } from '../../lib/telemetry/events.ts';
import type { ClientExchange, Look, NodeName, ProcessState } from './observation.ts';

/** Records that are drawn one by one at a time, beside those that wait. What goes beyond is drawn as a number. */
export const MAX_SINGLE = 24;
/** Records that stand in the queue with their keys. */
export const MAX_QUEUED = 12;
/** Divergent writes that are named in the tray. */
export const MAX_IN_TRAY = 6;
/** Values that a node shows. */
export const MAX_VALUES = 4;
/** Sentences that are kept. */
export const MAX_SENTENCES = 40;
/** Requests of this page whose answers are awaited, and values that are known. */
export const MAX_REMEMBERED = 32;

/** Where something can be. The queue and the tray are those of the node that keeps the record. */
export type Place = 'client' | 'a' | 'b' | 'queue' | 'tray';
export type Tone = 'plain' | 'good' | 'warn' | 'bad' | 'same';
/** A record; a tick, which acknowledges it; a question of the client that writes nothing. */
export type Form = 'record' | 'tick' | 'question';

/** One part of a token's way. Progress goes from 0, the place it comes from, to 1. */
export interface Leg {
  readonly from: Place;
  readonly to: Place;
  readonly start: number;
  /** `null`: what becomes of it is not known yet. It goes on, slower and slower. */
  readonly end: number | null;
  readonly p0: number;
  readonly p1: number;
  readonly form: Form;
  readonly tone: Tone;
  readonly fade?: 'in' | 'out';
}

/**
 * held: on the primary. flying: sent. arrived: received by the replica. landed: taken there. declined: not taken there.
 * owed: in the queue. over: it goes its last way, and then it is gone.
 */
export type Phase = 'held' | 'flying' | 'arrived' | 'landed' | 'declined' | 'owed' | 'over';

/** Something that is drawn on its way: a record, or so many of them. */
export interface Token {
  readonly id: number;
  readonly key: string;
  readonly epoch: number;
  readonly version: number;
  readonly deleted?: true;
  /** Records that it stands for. */
  readonly count: number;
  /** The node that keeps it, and sends it. */
  readonly owner: NodeName;
  readonly phase: Phase;
  readonly legs: readonly Leg[];
  /** The second one of a request that went twice. */
  readonly isTwin: boolean;
  /** Times that it was sent. */
  readonly sent: number;
  readonly writtenAt?: number;
  /** The request that it was last sent with. */
  readonly request?: number;
  readonly outcome?: AttemptOutcome;
  /** The fault that has acted on it. */
  readonly fault?: string;
  /** Since when it waits, and until when. */
  readonly owedAt?: number;
  readonly nextAttemptAt?: number;
  /** What is written on it instead of its key. */
  readonly label?: string;
  /** The request of this page that it is. */
  readonly asks?: number;
  /** Others join it until then. */
  readonly flow?: { readonly name: string; readonly closesAt: number };
}

export interface ShownValue {
  readonly key: string;
  readonly epoch: number;
  readonly version: number;
  readonly deleted: boolean;
  readonly value?: string;
  /** It is shown from then on. */
  readonly from: number;
}

export interface NodeView {
  readonly look: Look;
  /** It has been looked at. */
  readonly isSeen: boolean;
  /** The role that it last had. */
  readonly role?: 'primary' | 'replica';
  readonly isTelling: boolean | null;
  readonly process: ProcessState | null;
  readonly ended: string | null;
  readonly values: readonly ShownValue[];
  readonly circuit: 'closed' | 'open' | 'half_open';
  readonly isRefilling: boolean;
  /** It was refused, as a primary of an earlier epoch. */
  readonly fencedAt?: number;
}

/** What became of something, in words. */
export interface Sentence {
  readonly id: number;
  readonly at: number;
  readonly kind: string;
  readonly tone: Tone;
  readonly text: string;
  /** The word of the glossary that explains it. */
  readonly term?: string;
  /** Times that the same was said. */
  readonly times: number;
}

export interface Story {
  /** When what it is made of last happened. */
  readonly at: number;
  readonly nodes: Readonly<Record<NodeName, NodeView>>;
  readonly tokens: readonly Token[];
  /** Records in the queue that are not among the tokens. */
  readonly owedMore: number;
  /** Divergent writes: how many there are, and the last ones that were seen to fall. */
  readonly tray: { readonly count: number; readonly stamps: readonly string[]; readonly keys: readonly string[] };
  /** Who was last seen to lead, since when, and who did before. */
  readonly crown: { readonly on: NodeName | null; readonly before: NodeName | null; readonly movedAt: number };
  readonly asked: readonly (ClientExchange & { readonly at: number })[];
  readonly known: readonly { readonly stamp: string; readonly value: string }[];
  readonly told: readonly Sentence[];
  /** Events that were told beyond what is drawn one by one, lately. */
  readonly thinned: { readonly at: number; readonly count: number };
  /** How long the last record took from its write to its acknowledgement, in milliseconds. */
  readonly lag: { readonly at: number; readonly ms: number };
  /** Numbers tokens and sentences. */
  readonly next: number;
  /** Records that were drawn, one by one or as a number. */
  readonly drawn: number;
}

const UNSEEN: NodeView = {
  look: { state: 'down' },
  isSeen: false,
  isTelling: null,
  process: null,
  ended: null,
  values: [],
  circuit: 'closed',
  isRefilling: false,
};

export const EMPTY: Story = {
  at: 0,
  nodes: { a: UNSEEN, b: UNSEEN },
  tokens: [],
  owedMore: 0,
  tray: { count: 0, stamps: [], keys: [] },
  crown: { on: null, before: null, movedAt: 0 },
  asked: [],
  known: [],
  told: [],
  thinned: { at: 0, count: 0 },
  lag: { at: 0, ms: 0 },
  next: 1,
  drawn: 0,
};

export const withNode = (story: Story, node: NodeName, changes: Partial<NodeView>): Story => ({
  ...story,
  nodes: { ...story.nodes, [node]: { ...story.nodes[node], ...changes } },
});
/** Whether nothing answers there: what it held is what it last held. */
export const isGone = ({ look, process }: NodeView): boolean => look.state === 'down' || process === 'stopped';
export const stampOf = ({ key, epoch, version }: { key: string; epoch: number; version: number }): string =>
  `${epoch}-${version} ${key}`;
