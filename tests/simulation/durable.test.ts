// Nodes with several processes over durable stores. `npm run simulate -- --durable --seed S --runs 1` replays a run.
import { expect, test } from '@jest/globals';
import { durableSimulation, type Replacement } from './bundle.ts';
import { DURABLE_MUTANTS } from './durable-mutants.ts';
import { type DurableKind, durableSchedulesOf } from './durable-schedule.ts';
import { shrink } from './shrink.ts';

const SCHEDULES = 400;
/** More than ten times what it takes to notice any protection that is switched off: most take a few. */
const SCHEDULES_OF_A_MUTANT = 1000;

/** Throws with the story of the first schedule that breaks a promise. */
async function expectNoViolation(): Promise<void> {
  const { simulateDurable } = await durableSimulation();
  for (const schedule of durableSchedulesOf(undefined, SCHEDULES)) {
    const outcome = await simulateDurable(schedule.seed, { schedule });
    if (outcome.violation === undefined) continue;
    const { trace } = await shrink(simulateDurable, outcome);
    throw new Error(`npm run simulate -- --durable --seed ${schedule.seed} --runs 1\n${trace.join('\n')}`);
  }
}

/** The first seed whose schedule breaks a promise. */
async function firstViolation(
  kind: DurableKind | undefined,
  changes: readonly Replacement[],
): Promise<number | undefined> {
  const { simulateDurable } = await durableSimulation(changes);
  for (const schedule of durableSchedulesOf(kind, SCHEDULES_OF_A_MUTANT)) {
    if ((await simulateDurable(schedule.seed, { schedule })).violation !== undefined) return schedule.seed;
  }
  return undefined;
}

test('P1 P2 P3 P4 P5 P9 every promise holds while processes come, sleep and go, nodes change their roles, epochs follow each other, and the dead are forgotten', () =>
  expectNoViolation());

test.each(DURABLE_MUTANTS)('$protection: otherwise a promise is broken', async ({ kind, changes }) => {
  expect(await firstViolation(kind, changes)).toBeDefined();
});

test('a seed always gives the same run', async () => {
  const { simulateDurable } = await durableSimulation();
  const first = await simulateDurable(7, { traced: true });
  await simulateDurable(8);
  const ids = /"id":"[^"]*"/g;
  const without = (trace: readonly string[]) => trace.map((line) => line.replace(ids, ''));
  expect(without((await simulateDurable(7, { traced: true })).trace)).toEqual(without(first.trace));
});
