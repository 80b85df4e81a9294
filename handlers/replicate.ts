// POST /replicate: take in a batch of records from the primary.
import { json } from '../lib/http/answer.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { batchOf } from '../lib/http/peer-body.ts';
import { replica } from '../lib/node/replica.ts';
import { counted } from '../lib/telemetry/metrics.ts';

export const handler = endpoint(
  async (event) => {
    const answer = await replica().apply(batchOf(event));
    const applied = answer.answers.filter(({ outcome }) => outcome === 'applied');
    return { ...json(200, answer), metrics: counted('Applied', applied.length) };
  },
  { access: 'peer', role: 'replica' },
);
