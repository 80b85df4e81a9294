// The simulation must be able to fail: with any one protection switched off it finds a promise that is broken.
import { expect, test } from '@jest/globals';
import { simulation } from './bundle.ts';
import { MUTANTS } from './mutants.ts';
import { type Kind, schedulesOf } from './schedule.ts';

/** More than ten times what it takes to notice any protection that is switched off: most take a few. */
const SCHEDULES = 4000;

/** The first seed whose schedule breaks a promise. */
async function firstViolation(
  simulate: Awaited<ReturnType<typeof simulation>>['simulate'],
  kind: Kind | undefined,
): Promise<number | undefined> {
  for (const schedule of schedulesOf(kind, SCHEDULES)) {
    if ((await simulate(schedule.seed, { schedule })).violation !== undefined) return schedule.seed;
  }
  return undefined;
}

test.each(MUTANTS)('$protection: otherwise a promise is broken', async ({ kind, changes }) => {
  const { simulate } = await simulation(changes);
  expect(await firstViolation(simulate, kind)).toBeDefined();
});
