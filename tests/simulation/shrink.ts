// Cuts a schedule that breaks a promise down to the steps that it takes.

interface Step {
  readonly after: number;
}

interface Schedule {
  readonly seed: number;
  readonly steps: readonly Step[];
}

interface Outcome<S extends Schedule> {
  readonly schedule: S;
  readonly violation?: string;
  readonly trace: readonly string[];
}

/** A simulation: it carries a schedule out. */
type Run<S extends Schedule> = (seed: number, options: { schedule: S; traced?: boolean }) => Promise<Outcome<S>>;

/** @param run the simulation that found it */
export async function shrink<S extends Schedule>(run: Run<S>, found: Outcome<S>): Promise<Outcome<S>> {
  let smallest = found;
  for (let size = Math.ceil(found.schedule.steps.length / 2); size >= 1; ) {
    const smaller = await without(run, smallest, size);
    if (smaller) smallest = smaller;
    else size = size === 1 ? 0 : Math.ceil(size / 2);
  }
  return run(smallest.schedule.seed, { schedule: smallest.schedule, traced: true });
}

/** The schedule without some `size` steps in a row that breaks a promise still. */
async function without<S extends Schedule>(
  run: Run<S>,
  { schedule }: Outcome<S>,
  size: number,
): Promise<Outcome<S> | undefined> {
  for (let at = 0; at < schedule.steps.length; at += size) {
    const steps = leaveOut(schedule.steps, at, size);
    const outcome = await run(schedule.seed, { schedule: { ...schedule, steps } });
    if (outcome.violation !== undefined) return outcome;
  }
  return undefined;
}

/** The steps that are left keep their times. */
function leaveOut(steps: readonly Step[], at: number, size: number): Step[] {
  const rest = steps.slice(at + size);
  const [next] = rest;
  if (next === undefined) return steps.slice(0, at);
  const gap = steps.slice(at, at + size).reduce((sum, { after }) => sum + after, 0);
  return [...steps.slice(0, at), { ...next, after: next.after + gap }, ...rest.slice(1)];
}
