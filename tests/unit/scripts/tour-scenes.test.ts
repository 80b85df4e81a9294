// The film of the guided tour goes with the tour.
import { expect, test } from '@jest/globals';
import { SCENES } from '../../../scripts/tour/scenes.ts';
import { STEPS } from '../../../ui/tour/steps.ts';
import { skip, startTour, type Tour, takeFact, viewOf } from '../../../ui/tour/tour.ts';
import { pretendPair } from '../ui/tour/pretend-pair.ts';

const MAX_PRESSES = 20;

test('whoever presses what the film presses comes from the first step to the quiz', () => {
  expect(SCENES).toHaveLength(STEPS.length);
  const pair = pretendPair();
  let tour: Tour = pair.look().reduce(takeFact, startTour());
  for (const { presses } of SCENES) {
    for (let i = 0; i < MAX_PRESSES && !tour.isDone; i++) {
      const view = viewOf(tour);
      const { label = '', deed } = view?.wrong ?? view?.task ?? {};
      tour = (deed && presses.includes(label) ? pair.perform(deed) : pair.look()).reduce(takeFact, tour);
    }
    expect([viewOf(tour)?.step.name, tour.isDone]).toEqual([STEPS[tour.index]?.name, true]);
    tour = skip(tour);
  }
});
