// A fixed number of schedules: whatever happens in them, no promise is broken. `npm run simulate` tries more, and
// replays one that fails and tells what happened.
import { describe, expect, test } from '@jest/globals';
import { simulation } from './bundle.ts';
import { type Kind, schedulesOf } from './schedule.ts';
import { shrink } from './shrink.ts';

/** Throws with the story of the first schedule that breaks a promise. */
async function expectNoViolation(kind: Kind | undefined, count: number): Promise<void> {
  const { simulate } = await simulation();
  for (const schedule of schedulesOf(kind, count)) {
    const outcome = await simulate(schedule.seed, { schedule });
    if (outcome.violation === undefined) continue;
    const { trace } = await shrink(simulate, outcome);
    const option = kind === undefined ? '' : ` --${kind}`;
    throw new Error(`npm run simulate --${option} --seed ${schedule.seed} --runs 1\n${trace.join('\n')}`);
  }
}

describe('P1 P2 P3 P4 P5 P6 P7 every promise holds', () => {
  test('whatever is lost, late, repeated, slow, poisoned, crashed or replaced', () =>
    expectNoViolation(undefined, 5000));

  test('whatever happens at once', () => expectNoViolation('busy', 1000));

  test('whatever a primary is asked that has started without its replica', () => expectNoViolation('alone', 500));
});

test('a seed always gives the same run', async () => {
  const { simulate } = await simulation();
  const first = await simulate(7, { traced: true });
  await simulate(8);
  expect((await simulate(7, { traced: true })).trace).toEqual(first.trace);
});
