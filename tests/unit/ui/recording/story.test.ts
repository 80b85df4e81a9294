// The story that the console draws of what it has seen: for every run of events.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createFold } from '../../../../ui/recording/fold.ts';
import { MAX_LAG_MS, PATIENCE_MS } from '../../../../ui/recording/legs.ts';
import type { Observation } from '../../../../ui/recording/observation.ts';
import { pictureAt } from '../../../../ui/recording/picture.ts';
import { EMPTY, MAX_QUEUED, MAX_SENTENCES, MAX_SINGLE, type Story, stampOf } from '../../../../ui/recording/story.ts';
import { tell } from '../../../../ui/recording/tell.ts';
import { WHOLE } from '../../../support/property.ts';
import { observationsOf, steps } from './events-of-a-pair.ts';

const RUNS = { ...WHOLE, numRuns: 80, seed: 12 };
/** A recording that never changes. */
const fixed = (observations: readonly Observation[]) => ({ observations, edits: 0, editsSince: () => [] });
const storyOf = (observations: readonly Observation[]): Story => observations.reduce(tell, EMPTY);

describe('a story', () => {
  test('is the same whether it is told from the beginning or from one on the way', () => {
    fc.assert(
      fc.property(steps, fc.array(fc.nat(1000), { minLength: 1, maxLength: 8 }), (all, visits) => {
        const observations = observationsOf([...all, ...all, ...all]);
        const fold = createFold(fixed(observations));
        for (const visit of visits) {
          const index = Math.min(observations.length - 1, Math.floor((visit / 1000) * observations.length));
          const t = observations[index]?.at ?? 0;
          const until = observations.filter(({ at }) => at <= t);
          // Compared as text: the same, and much quicker than member by member.
          expect(JSON.stringify(fold.at(t))).toBe(JSON.stringify(storyOf(until)));
        }
      }),
      RUNS,
    );
  });

  test('draws every record that is written once, for itself or in a number, and never twice', () => {
    fc.assert(
      fc.property(steps, (all) => {
        let story: Story = EMPTY;
        const wrong: string[] = [];
        for (const observation of observationsOf(all)) {
          const before = story.drawn;
          story = tell(story, observation);
          const isWritten = observation.what === 'event' && observation.event.kind === 'written';
          if (story.drawn - before !== (isWritten ? 1 : 0)) wrong.push(`drawn ${story.drawn - before} times`);
          const alive = story.tokens.filter(({ phase, isTwin, flow }) => phase !== 'over' && !isTwin && !flow);
          if (new Set(alive.map(stampOf)).size !== alive.length) wrong.push('one record, two tokens');
          const drawn = pictureAt(story, story.at).tokens;
          if (new Set(drawn.map(({ id }) => id)).size !== drawn.length) wrong.push('one token, drawn twice');
        }
        expect(wrong).toEqual([]);
      }),
      RUNS,
    );
  });

  test('ends for every token: only what waits in the queue stays in the picture', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const story = storyOf(observationsOf(all));
        const later = story.at + PATIENCE_MS + 3 * MAX_LAG_MS + 10_000;
        const left = pictureAt(story, later);
        expect(left.tokens.length).toBe(left.queued);
        expect(left.isMoving).toBe(false);
      }),
      RUNS,
    );
  });

  test('stays within its limits, whatever is told', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const most = { singles: 0, queued: 0, told: 0, tokens: 0, legs: 0 };
        let story: Story = EMPTY;
        for (const observation of observationsOf([...all, ...all])) {
          story = tell(story, observation);
          const singles = story.tokens.filter(({ phase, flow }) => phase !== 'owed' && phase !== 'over' && !flow);
          most.singles = Math.max(most.singles, singles.length);
          most.queued = Math.max(most.queued, story.tokens.filter(({ phase }) => phase === 'owed').length);
          most.told = Math.max(most.told, story.told.length);
          most.tokens = Math.max(most.tokens, story.tokens.length);
          most.legs = Math.max(most.legs, ...story.tokens.map(({ legs }) => legs.length));
        }
        expect(most.singles).toBeLessThanOrEqual(MAX_SINGLE);
        expect(most.queued).toBeLessThanOrEqual(MAX_QUEUED);
        expect(most.told).toBeLessThanOrEqual(MAX_SENTENCES);
        expect(most.tokens).toBeLessThan(200);
        expect(most.legs).toBeLessThan(60);
      }),
      { ...RUNS, numRuns: 60 },
    );
  });

  test('moves each token without a jump, from one picture to the next', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const observations = observationsOf(all);
        const fold = createFold(fixed(observations));
        const first = observations[0]?.at ?? 0;
        let furthest = 0;
        let before = new Map<number, { way: string; progress: number }>();
        for (let t = first; t < first + 6000; t += 16) {
          const now = new Map(
            pictureAt(fold.at(t), t).tokens.map((token) => [
              token.id,
              { way: `${token.from}>${token.to}`, progress: token.progress },
            ]),
          );
          for (const [id, { way, progress }] of now) {
            const was = before.get(id);
            if (was?.way === way) furthest = Math.max(furthest, Math.abs(progress - was.progress));
          }
          before = now;
        }
        expect(furthest).toBeLessThan(0.5);
      }),
      { ...RUNS, numRuns: 25 },
    );
  });
});
