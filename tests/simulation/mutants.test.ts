// The simulation must be able to fail: with any one protection switched off it finds a promise that is broken.
import { expect, test } from '@jest/globals';
import { simulation } from './bundle.ts';
import { MUTANTS } from './mutants.ts';
import { type Kind, scheduleOf } from './schedule.ts';

/** So many schedules must be enough. */
const SCHEDULES = 3000;

/** The first seed whose schedule breaks a promise. */
async function firstViolation(
  simulate: Awaited<ReturnType<typeof simulation>>['simulate'],
  kind: Kind | undefined,
  schedules: number,
): Promise<number | undefined> {
  for (let seed = 1, runs = 0; runs < schedules; seed++) {
    const schedule = scheduleOf(seed);
    if (kind !== undefined && schedule.kind !== kind) continue;
    runs++;
    if ((await simulate(seed, { schedule })).violation !== undefined) return seed;
  }
  return undefined;
}

test.each(MUTANTS)('$protection', async ({ kind, changes }) => {
  const { simulate } = await simulation(changes);
  expect(await firstViolation(simulate, kind, SCHEDULES)).toBeDefined();
});
