// What the plot shows of a recording, second by second: how many records waited, how long replication took, how the pair was doing
// then, and what stands out.
import { conditionOf, type Mood } from '../recording/condition.ts';
import { createFold } from '../recording/fold.ts';
import { KEPT_MS, type Recording, spanOf } from '../recording/recording.ts';
import type { Sentence, Story } from '../recording/story.ts';
import { owedIn } from '../recording/tokens.ts';

export const STEP_MS = 1000;
/** The last seconds are sampled again: something may still come in. */
const UNSETTLED_MS = 3000;

export interface Sample {
  readonly at: number;
  readonly owed: number;
  /** In milliseconds; `null`: nothing was replicated, and nothing waited. */
  readonly lagMs: number | null;
  readonly mood: Mood;
  readonly title: string;
}

export type MarkKind = 'kill' | 'start' | 'fault' | 'heal' | 'promote';

export interface Mark {
  readonly at: number;
  readonly kind: MarkKind;
  readonly text: string;
}

export interface Series {
  readonly samples: readonly Sample[];
  readonly marks: readonly Mark[];
}

export interface Sampler {
  /** @returns the series up to the time `to`, in milliseconds */
  upTo(to: number): Series;
}

export function createSampler(recording: Recording): Sampler {
  const fold = createFold(recording);
  let samples: Sample[] = [];
  let marks: Mark[] = [];
  let edits = recording.edits;

  /** The earliest time that was changed since the last time, in milliseconds: what comes late is sampled again from there. */
  function changedFrom(): number {
    const missed = recording.editsSince(edits);
    edits = recording.edits;
    if (!missed) return 0;
    let first = Number.POSITIVE_INFINITY;
    // The numbers of an edit count observations of which later ones may be gone.
    let gone = 0;
    for (const edit of missed.toReversed()) {
      if ('dropped' in edit) gone += edit.dropped - edit.standing;
      else first = Math.min(first, recording.observations[Math.max(0, edit.from - gone)]?.at ?? first);
    }
    return first;
  }

  return {
    upTo(to) {
      if (recording.observations.length === 0) return { samples: [], marks: [] };
      const { from } = spanOf(recording);
      const end = Math.floor(to / STEP_MS) * STEP_MS;
      const redone = Math.min(end - UNSETTLED_MS, changedFrom());
      samples = samples.filter(({ at }) => at >= end - KEPT_MS - STEP_MS && at < redone);
      const first = Math.max(Math.ceil(from / STEP_MS) * STEP_MS, end - KEPT_MS, (samples.at(-1)?.at ?? 0) + STEP_MS);
      marks = marks.filter(({ at }) => at >= end - KEPT_MS && at <= first - STEP_MS);
      for (let at = first; at <= end; at += STEP_MS) {
        const story = fold.at(at);
        samples.push(sampleOf(story, at));
        for (const sentence of story.told) {
          const mark = sentence.at > at - STEP_MS && sentence.at <= at ? markOf(sentence) : undefined;
          if (mark) marks.push(mark);
        }
      }
      return { samples, marks };
    },
  };
}

/** What was measured longer ago says nothing of now, in milliseconds. */
const LAG_LASTS_MS = 1000;

function sampleOf(story: Story, at: number): Sample {
  const owed = owedIn(story);
  const { mood, title } = conditionOf(story);
  return { at, owed, lagMs: lagOf(story, at, owed), mood, title };
}

function lagOf({ tokens, nodes, crown, lag }: Story, at: number, owed: number): number | null {
  if (owed > 0) {
    const since = tokens.reduce(
      (oldest, { phase, owedAt }) => (phase === 'owed' ? Math.min(oldest, owedAt ?? at) : oldest),
      at,
    );
    const told = crown.on ? (nodes[crown.on].look.oldestAgeMs ?? 0) : 0;
    return Math.max(1, at - since, told);
  }
  return at - lag.at < LAG_LASTS_MS ? Math.max(1, lag.ms) : null;
}

const MARKS: readonly (readonly [RegExp, MarkKind])[] = [
  [/^process-.-stopped$/, 'kill'],
  [/^started-/, 'start'],
  [/^fault-/, 'fault'],
  [/^healed$/, 'heal'],
  [/^promoted$/, 'promote'],
];

function markOf({ at, kind, text }: Sentence): Mark | undefined {
  const found = MARKS.find(([pattern]) => pattern.test(kind));
  return found && { at, kind: found[1], text };
}
