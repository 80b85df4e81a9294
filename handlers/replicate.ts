// POST /replicate: take in a batch of records from the primary.
import { json } from '../lib/http/answer.ts';
import { batchOf } from '../lib/http/batch.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { replica } from '../lib/replica-node.ts';

export const handler = endpoint(async (event) => json(200, await replica().apply(batchOf(event))), {
  role: 'replica',
  peerOnly: true,
});
