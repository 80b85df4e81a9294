// Sentences about what happened. The same sentence about other keys within two seconds is said once, with how often.
import { MAX_SENTENCES, type Sentence, type Story, type Tone } from './story.ts';

const TOGETHER_MS = 2000;
/** Characters of a key that a sentence shows. */
const MAX_KEY = 40;

export interface Said {
  /** What the sentence is about: only the same is said together. */
  readonly kind: string;
  readonly tone?: Tone;
  readonly text: string;
  readonly term?: string;
  /** For how many records it is said. */
  readonly times?: number;
}

export const named = (key: string): string => `“${key.length > MAX_KEY ? `${key.slice(0, MAX_KEY - 1)}…` : key}”`;
export const records = (count: number): string => `${count.toLocaleString('en')} ${count === 1 ? 'record' : 'records'}`;

/** How many of the last sentences are looked at for one of the same kind. */
const LAST = 6;

export function say(story: Story, at: number, { kind, tone = 'plain', text, term, times = 1 }: Said): Story {
  const from = Math.max(0, story.told.length - LAST);
  const index = story.told.findLastIndex((told, i) => i >= from && told.kind === kind && at - told.at <= TOGETHER_MS);
  const before = story.told[index];
  if (before) {
    const told = story.told.with(index, { ...before, times: before.times + times, text, tone });
    return { ...story, told };
  }
  const sentence: Sentence = { id: story.next, at, kind, tone, text, ...(term && { term }), times };
  return { ...story, told: [...story.told, sentence].slice(-MAX_SENTENCES), next: story.next + 1 };
}
