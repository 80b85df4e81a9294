// POST /replicate: take in a batch of records from the primary.
import { batchAnswer } from '../lib/http/batch-answer.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { batchOf } from '../lib/http/peer-body.ts';
import { log } from '../lib/node/process.ts';
import { replica } from '../lib/node/replica.ts';

export const handler = endpoint(
  async (event) => {
    const { batch, refusals } = await batchOf(event);
    const count = refusals.filter((refusal) => refusal !== undefined).length;
    const { path, sourceIp: from } = event.requestContext.http;
    if (count > 0) log.warn('records refused', { path, from, count });
    return batchAnswer(await replica.apply(batch), refusals);
  },
  { access: 'peer', whileRecovering: true },
);
