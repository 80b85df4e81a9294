// DELETE /key/{key}: leave a tombstone.
import { endpoint } from '../lib/http/endpoint.ts';
import { preconditionsOf } from '../lib/http/etag.ts';
import { keyOf } from '../lib/http/request.ts';
import { writeAnswer } from '../lib/http/write-answer.ts';
import { primary } from '../lib/node/primary.ts';
import { clock } from '../lib/node/process.ts';

export const handler = endpoint(
  async (event) => {
    const key = keyOf(event);
    const condition = preconditionsOf(event.headers);
    const node = await primary();
    return writeAnswer(await node.write({ key, ...(condition && { condition }) }), clock.now());
  },
  { access: 'write', role: 'primary' },
);
