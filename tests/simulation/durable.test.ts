// Nodes with several processes over durable stores. `npm run simulate -- --durable --seed S --runs 1` replays a run.
import { expect, test } from '@jest/globals';
import { durableSimulation, type Replacement } from './bundle.ts';

const BUDGET_MS = 8000;
/** So many runs must be enough to notice that a protection is switched off. */
const RUNS = 3000;

async function firstViolation(changes: readonly Replacement[], isOver: (runs: number) => boolean) {
  const { simulateDurable } = await durableSimulation(changes);
  for (let seed = 1; ; seed++) {
    const { violation } = await simulateDurable(seed);
    if (violation !== undefined) return { seed, trace: (await simulateDurable(seed, true)).trace };
    if (isOver(seed)) return { runs: seed };
  }
}

test(
  'every promise holds while processes come, sleep and go, reigns follow each other, and the dead are forgotten',
  async () => {
    const end = performance.now() + BUDGET_MS;
    const { seed, trace = [], runs = 0 } = await firstViolation([], () => performance.now() > end);
    if (seed !== undefined)
      throw new Error(`npm run simulate -- --durable --seed ${seed} --runs 1\n${trace.join('\n')}`);
    console.log(`${runs} runs of durable nodes in ${BUDGET_MS / 1000} s`);
    expect(runs).toBeGreaterThan(300);
  },
  4 * BUDGET_MS,
);

test.each<[string, Replacement]>([
  ['a reign ends after a day', { file: 'lib/replication/current-epoch.ts', from: 'now - own < EPOCH_MS', to: 'true' }],
  [
    'nothing is forgotten in the reign it was written in',
    { file: 'lib/store/dynamodb/item.ts', from: 'record.epoch + EPOCH_MS', to: '0' },
  ],
  [
    'a process looks again whether the reign is over',
    { file: 'lib/replication/current-epoch.ts', from: 'REFRESH_MS = 2000', to: 'REFRESH_MS = Infinity' },
  ],
])('%s: otherwise a promise is broken', async (_, change) => {
  const { seed } = await firstViolation([change], (runs) => runs >= RUNS);
  expect(seed).toBeDefined();
});
