// POST /replicate: take in a batch of records from the primary.
import { json } from '../lib/http/answer.ts';
import { batchOf } from '../lib/http/batch.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { counted } from '../lib/metrics.ts';
import { replica } from '../lib/replica-node.ts';

export const handler = endpoint(
  async (event) => {
    const answer = await replica().apply(batchOf(event));
    const applied = answer.answers.filter(({ outcome }) => outcome === 'applied');
    return { ...json(200, answer), metrics: counted('Applied', applied.length) };
  },
  { access: 'peer', role: 'replica' },
);
