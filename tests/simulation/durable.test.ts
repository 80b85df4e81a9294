// Nodes with several processes over durable stores. `npm run simulate -- --durable --seed S --runs 1` replays a run.
import { expect, test } from '@jest/globals';
import { durableSimulation, type Replacement } from './bundle.ts';
import { DURABLE_MUTANTS } from './durable-mutants.ts';
import { type DurableKind, durableSchedulesOf } from './durable-schedule.ts';
import { shrink } from './shrink.ts';

const SCHEDULES = 400;
/** More than ten times what it takes to notice any protection that is switched off: most take a few. */
const SCHEDULES_OF_A_MUTANT = 1000;

/** Of nodes with one process over a data file: SQLite takes longer than a map. What differs from the others is the store. */
const SCHEDULES_ALONE = 150;

/** Throws with the story of the first schedule that breaks a promise. */
async function expectNoViolation(count: number, isAlone: boolean): Promise<void> {
  const { simulateDurable } = await durableSimulation();
  const simulate: typeof simulateDurable = (seed, options) => simulateDurable(seed, { ...options, isAlone });
  const kind = isAlone ? 'alone-durable' : 'durable';
  for (const schedule of durableSchedulesOf(undefined, count)) {
    const outcome = await simulate(schedule.seed, { schedule });
    if (outcome.violation === undefined) continue;
    const { trace } = await shrink(simulate, outcome);
    throw new Error(`npm run simulate -- --${kind} --seed ${schedule.seed} --runs 1\n${trace.join('\n')}`);
  }
}

/** The first seed whose schedule breaks a promise. */
async function firstViolation(
  kind: DurableKind | undefined,
  changes: readonly Replacement[],
  isAlone = false,
): Promise<number | undefined> {
  const { simulateDurable } = await durableSimulation(changes);
  for (const schedule of durableSchedulesOf(kind, SCHEDULES_OF_A_MUTANT)) {
    if ((await simulateDurable(schedule.seed, { schedule, isAlone })).violation !== undefined) return schedule.seed;
  }
  return undefined;
}

test('P1 P2 P3 P4 P5 P9 every promise holds while processes come, sleep and go, nodes change their roles, epochs follow each other, and the dead are forgotten', () =>
  expectNoViolation(SCHEDULES, false));

test('P1 P2 P3 P4 P5 P9 every promise holds over data files of SQLite, each of which one process has', () =>
  expectNoViolation(SCHEDULES_ALONE, true));

test.each<[protection: string, change: Replacement]>([
  [
    'what is dead is forgotten only once its epoch is over',
    { file: 'lib/store/sqlite/forget.ts', from: 'record.epoch < epoch && ', to: '' },
  ],
  [
    'the feed says what was forgotten last',
    { file: 'lib/store/sqlite/records.ts', from: 'if (slot.place > 0) this.feed.forgot(slot.place);', to: '' },
  ],
])('over data files %s: otherwise a promise is broken', async (_, change) => {
  expect(await firstViolation(undefined, [change], true)).toBeDefined();
});

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
