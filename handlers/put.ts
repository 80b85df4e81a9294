// PUT /key/{key}: write a value.
import { endpoint } from '../lib/http/endpoint.ts';
import { conditionOf } from '../lib/http/etag.ts';
import { putBodyOf } from '../lib/http/put-body.ts';
import { keyOf } from '../lib/http/request.ts';
import { writeAnswer } from '../lib/http/write-answer.ts';
import { clock } from '../lib/node.ts';
import { primary } from '../lib/primary-node.ts';

export const handler = endpoint(
  async (event) => {
    const key = keyOf(event);
    const condition = conditionOf(event.headers);
    const node = await primary();
    return writeAnswer(await node.write({ key, ...putBodyOf(event), ...(condition && { condition }) }), clock.now());
  },
  { access: 'write', role: 'primary' },
);
