// Nodes with several processes over durable stores. `npm run simulate -- --durable --seed S --runs 1` replays a run.
import { expect, test } from '@jest/globals';
import { durableSimulation, type Replacement } from './bundle.ts';

const RUNS = 800;
/** More than ten times what it takes to notice any protection that is switched off. */
const RUNS_OF_A_MUTANT = 300;

/** The first of the runs from seed 1 on that breaks a promise. */
async function firstViolation(changes: readonly Replacement[], runs: number): Promise<number | undefined> {
  const { simulateDurable } = await durableSimulation(changes);
  for (let seed = 1; seed <= runs; seed++) {
    if ((await simulateDurable(seed)).violation !== undefined) return seed;
  }
  return undefined;
}

test('P1 P2 P3 P4 P5 every promise holds while processes come, sleep and go, epochs follow each other, and the dead are forgotten', async () => {
  const seed = await firstViolation([], RUNS);
  if (seed === undefined) return;
  const { simulateDurable } = await durableSimulation();
  const { trace } = await simulateDurable(seed, true);
  throw new Error(`npm run simulate -- --durable --seed ${seed} --runs 1\n${trace.join('\n')}`);
});

test.each<[string, Replacement]>([
  [
    'P3 an epoch ends after a day',
    { file: 'lib/replication/current-epoch.ts', from: 'now - own < EPOCH_MS', to: 'true' },
  ],
  [
    'P3 nothing is forgotten in the epoch it was written in',
    { file: 'lib/store/dynamodb/item.ts', from: 'record.epoch + EPOCH_MS', to: '0' },
  ],
  [
    'P3 a process looks again whether its epoch is over',
    { file: 'lib/replication/current-epoch.ts', from: 'REFRESH_MS = 2000', to: 'REFRESH_MS = Infinity' },
  ],
  [
    'one process repairs at a time',
    { file: 'lib/replication/repair/repair.ts', from: 'if (!lock) return', to: 'if (true) return' },
  ],
  [
    'P4 a repair waits until a process that was killed has lost the lock',
    { file: 'lib/replication/repair/lock.ts', from: 'LOCK_WAIT_MS = LOCK_MS + 2000', to: 'LOCK_WAIT_MS = 0' },
  ],
])('%s: otherwise a promise is broken', async (_, change) => {
  expect(await firstViolation([change], RUNS_OF_A_MUTANT)).toBeDefined();
});
