// `npm run simulate -- --runs N --seed S`: simulates N schedules, from seed S on; for hours of it, or to replay one
// that has failed. `--seconds N` in the place of `--runs`: as many as fit into that time. A schedule that fails is cut
// down to what it takes, and told step by step. With `--busy`: nothing goes wrong, and writes and repairs come one upon
// the other. With `--alone`: the primary starts again while it cannot reach its replica. With `--durable`: nodes that have
// several processes over durable stores; with `--alone-durable`: nodes that have one process each, over a data file of SQLite.
import { parseArgs } from 'node:util';
import { durableSimulation, simulation } from '../tests/simulation/bundle.ts';
import { isOnRequest, scheduleOfKind } from '../tests/simulation/schedule.ts';
import { shrink } from '../tests/simulation/shrink.ts';
import { integerOption } from './integer-option.ts';

type Simulate = Awaited<ReturnType<typeof simulation>>['simulate'];
type Outcome = Awaited<ReturnType<Simulate>>;

const PROGRESS_MS = 10_000;

const { values } = parseArgs({
  options: {
    runs: { type: 'string' },
    seconds: { type: 'string' },
    seed: { type: 'string' },
    busy: { type: 'boolean' },
    alone: { type: 'boolean' },
    durable: { type: 'boolean' },
    'alone-durable': { type: 'boolean' },
  },
});
if (values.runs !== undefined && values.seconds !== undefined) throw new Error('Give --runs or --seconds, not both.');
const seconds = values.seconds === undefined ? undefined : integerOption('seconds', values.seconds);
const runs = seconds === undefined ? integerOption('runs', values.runs ?? '10000') : Number.POSITIVE_INFINITY;
const first = integerOption('seed', values.seed ?? String(Math.floor(Math.random() * 1e9)));

const startedAt = performance.now();
let toldAt = startedAt;
console.log(`${seconds === undefined ? `${runs} schedules` : `${seconds} s of schedules`} from seed ${first} on`);
const isAlone = values['alone-durable'] === true;
const done = await (values.durable || isAlone ? simulateDurableNodes() : simulateNodes());
console.log(`${done} schedules, no promise broken, ${perSecond(done)} per second`);

/** @returns how many schedules there were */
async function simulateNodes(): Promise<number> {
  const { simulate } = await simulation();
  const kind = values.busy ? 'busy' : values.alone ? 'alone' : undefined;
  let seed = first;
  for (; goesOn(seed); seed++) {
    const schedule = scheduleOfKind(kind, seed);
    const outcome = await simulate(seed, { schedule, traced: runs === 1 });
    if (outcome.violation !== undefined) {
      await tell(outcome, simulate);
      process.exit(1);
    }
    if (runs === 1) console.log(outcome.trace.join('\n'));
    tellProgress(seed);
  }
  return seed - first;
}

/** @returns how many runs there were */
async function simulateDurableNodes(): Promise<number> {
  const { simulateDurable } = await durableSimulation();
  const simulate: typeof simulateDurable = (seed, options) => simulateDurable(seed, { ...options, isAlone });
  let seed = first;
  for (; goesOn(seed); seed++) {
    const outcome = await simulate(seed, { traced: runs === 1 });
    if (outcome.violation !== undefined) {
      console.log(`\nSeed ${seed} breaks a promise: ${outcome.violation}\n`);
      const { schedule, trace } = await shrink(simulate, outcome);
      const steps = `${schedule.steps.length} of its ${outcome.schedule.steps.length} steps`;
      console.log(`A schedule of the kind "${schedule.kind}"; ${steps}:\n\n${trace.join('\n')}`);
      console.log(`\nnpm run simulate -- --${isAlone ? 'alone-durable' : 'durable'} --seed ${seed} --runs 1`);
      process.exit(1);
    }
    if (runs === 1) console.log(outcome.trace.join('\n'));
    tellProgress(seed);
  }
  return seed - first;
}

function goesOn(seed: number): boolean {
  if (seconds !== undefined) return performance.now() - startedAt < seconds * 1000;
  return seed < first + runs;
}

function tellProgress(seed: number): void {
  if (performance.now() - toldAt <= PROGRESS_MS) return;
  toldAt = performance.now();
  console.log(`${seed - first + 1} schedules, no promise broken, ${perSecond(seed - first + 1)} per second`);
}

async function tell(outcome: Outcome, simulate: Simulate): Promise<void> {
  const { seed, kind, retentionMs, steps } = outcome.schedule;
  console.log(`\nSeed ${seed} breaks a promise: ${outcome.violation}\n`);
  const smallest = await shrink(simulate, outcome);
  const left = smallest.schedule.steps.length;
  console.log(`A schedule of the kind "${kind}", retention ${retentionMs} ms; ${left} of its ${steps.length} steps:\n`);
  console.log(smallest.trace.join('\n'));
  console.log(`\nnpm run simulate --${isOnRequest(kind) ? ` --${kind}` : ''} --seed ${seed} --runs 1`);
}

function perSecond(count: number): number {
  return Math.round((count / (performance.now() - startedAt)) * 1000);
}
