// `npm run simulate -- --runs N --seed S`: simulates N schedules, from seed S on; for hours of it, or to replay one
// that has failed. One that fails is cut down to what it takes, and told step by step. With `--durable`: nodes that have
// several processes over durable stores.
import { parseArgs } from 'node:util';
import { durableSimulation, simulation } from '../tests/simulation/bundle.ts';
import { shrink } from '../tests/simulation/shrink.ts';

type Simulate = Awaited<ReturnType<typeof simulation>>['simulate'];
type Outcome = Awaited<ReturnType<Simulate>>;

const PROGRESS_MS = 10_000;

const { values } = parseArgs({
  options: { runs: { type: 'string' }, seed: { type: 'string' }, durable: { type: 'boolean' } },
});
const runs = wholeNumber('runs', values.runs ?? '10000');
const first = wholeNumber('seed', values.seed ?? String(Math.floor(Math.random() * 1e9)));

const startedAt = performance.now();
let toldAt = startedAt;
console.log(`${runs} schedules from seed ${first} on`);
await (values.durable ? simulateDurableNodes() : simulateNodes());
console.log(`${runs} schedules, no promise broken, ${perSecond(runs)} per second`);

async function simulateNodes(): Promise<void> {
  const { simulate } = await simulation();
  for (let seed = first; seed < first + runs; seed++) {
    const outcome = await simulate(seed, { traced: runs === 1 });
    if (outcome.violation !== undefined) {
      await tell(outcome, simulate);
      process.exit(1);
    }
    if (runs === 1) console.log(outcome.trace.join('\n'));
    tellProgress(seed);
  }
}

async function simulateDurableNodes(): Promise<void> {
  const { simulateDurable } = await durableSimulation();
  for (let seed = first; seed < first + runs; seed++) {
    const { violation } = await simulateDurable(seed);
    if (violation !== undefined || runs === 1) console.log((await simulateDurable(seed, true)).trace.join('\n'));
    if (violation !== undefined) {
      console.log(`\nSeed ${seed} breaks a promise: ${violation}`);
      process.exit(1);
    }
    tellProgress(seed);
  }
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
  console.log(`\nnpm run simulate -- --seed ${seed} --runs 1`);
}

function perSecond(count: number): number {
  return Math.round((count / (performance.now() - startedAt)) * 1000);
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new Error(`--${option} must be a whole number, not '${text}'.`);
  return value;
}
