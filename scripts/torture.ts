// `npm run torture -- --seconds N --seed S`: runs of a real pair under load while its processes are killed and stopped and
// its line is cut, from seed S on, as many as fit into that time. `--rounds R`: how many faults a run has. `--faults a,b`:
// which ones. `--emulator`: the nodes run under `sls offline`, not scripts/serve.ts.
// docs/torture.md says what is checked.
import { parseArgs } from 'node:util';
import { reportOf } from '../tests/torture/check.ts';
import { FAULTS, faultNamed } from '../tests/torture/nemesis.ts';
import { torture } from '../tests/torture/run.ts';
import { integerOption } from './integer-option.ts';

const USUAL_ROUNDS = 10;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    seed: { type: 'string' },
    rounds: { type: 'string' },
    faults: { type: 'string' },
    emulator: { type: 'boolean', default: false },
  },
});
const seconds = integerOption('seconds', values.seconds ?? '0');
const rounds = integerOption('rounds', values.rounds ?? `${USUAL_ROUNDS}`);
const first = integerOption('seed', values.seed ?? String(Math.floor(Math.random() * 1e6)));
const faults = faultsOf(values.faults);

const end = performance.now() + seconds * 1000;
let seed = first;
let requests = 0;
do {
  const serve = values.emulator ? {} : { serve: {} };
  const record = await torture({ seed, rounds, faults, ...serve, tell: console.log });
  requests += record.requests;
  if (record.violations.length > 0) {
    console.log(`\nSeed ${seed} breaks a promise:\n${reportOf(record)}\n\n${command(seed)}`);
    process.exit(1);
  }
  seed++;
} while (performance.now() < end);
console.log(`${seed - first} runs, ${requests} requests, no promise broken`);

function command(failed: number): string {
  const options = [...(values.faults ? [`--faults ${values.faults}`] : []), ...(values.emulator ? ['--emulator'] : [])];
  return [`npm run torture -- --seed ${failed} --rounds ${rounds}`, ...options].join(' ');
}

/** @throws Error when one of them is not there */
function faultsOf(text: string | undefined): readonly string[] {
  if (text === undefined) return Object.keys(FAULTS);
  const names = text.split(',');
  for (const name of names) faultNamed(name);
  return names;
}
