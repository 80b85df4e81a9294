// GET /healthz: 200 while the node can serve. Only with `?store=true` does it read the table of a durable node.
import { json } from '../lib/http/answer.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { flagOf } from '../lib/http/request.ts';
import { checkHealth } from '../lib/node/health.ts';

export const handler = endpoint(
  async (event) => json(200, { status: 'ok', ...(await checkHealth(flagOf(event, 'store'))) }),
  { access: 'public' },
);
