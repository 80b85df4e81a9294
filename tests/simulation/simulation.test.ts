// As many schedules as fit into the time: whatever happens in them, no promise is broken.
// `npm run simulate -- --seed S --runs 1` replays one that fails and tells what happened.
import { expect, test } from '@jest/globals';
import { simulation } from './bundle.ts';
import { shrink } from './shrink.ts';

const BUDGET_MS = 20_000;

test(
  'every promise holds, whatever is lost, late, repeated, slow, poisoned, crashed or replaced',
  async () => {
    const { simulate } = await simulation();
    const end = performance.now() + BUDGET_MS;
    let seed = 0;
    while (performance.now() < end) {
      const outcome = await simulate(++seed);
      if (outcome.violation === undefined) continue;
      const { trace } = await shrink(simulate, outcome);
      throw new Error(`npm run simulate -- --seed ${seed} --runs 1\n${trace.join('\n')}`);
    }
    console.log(`${seed} schedules simulated in ${BUDGET_MS / 1000} s`);
    expect(seed).toBeGreaterThan(1000);
  },
  3 * BUDGET_MS,
);

test('a seed always gives the same run', async () => {
  const { simulate } = await simulation();
  const first = await simulate(7, { traced: true });
  await simulate(8);
  expect((await simulate(7, { traced: true })).trace).toEqual(first.trace);
});
