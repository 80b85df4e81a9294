// `npm run fuzz -- --requests N --seed S`: N requests that the seed makes up to each node, as HTTP and as many again as events of
// a gateway; each answer is checked, and the nodes must be identical afterwards. What it finds it prints with the request
// that shows it. docs/fuzz.md says what is checked.
import { parseArgs } from 'node:util';
import { fuzz } from '../tests/fuzz/run.ts';
import { integerOption } from './integer-option.ts';
import { presentArtifact } from './serve/artifact.ts';

const USUAL_REQUESTS = 10_000;

const { values } = parseArgs({ options: { requests: { type: 'string' }, seed: { type: 'string' } } });
const requests = integerOption('requests', values.requests ?? `${USUAL_REQUESTS}`);
const seed = integerOption('seed', values.seed ?? `${Math.floor(Math.random() * 1e6)}`);

console.log(`seed ${seed}, ${requests} requests to each node in each way`);
const { statuses, findings, growth } = await fuzz({
  artifact: await presentArtifact(),
  seed,
  requests,
  tell: console.log,
});
const counts = [...statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
console.log(`answers: ${counts.join(', ')}; the heap is ${growth.toFixed(2)} times as large`);
if (findings.length > 0) {
  console.log(`\n${findings.join('\n\n')}\n\nnpm run fuzz -- --requests ${requests} --seed ${seed}`);
  process.exit(1);
}
console.log('nothing found');
process.exit();
