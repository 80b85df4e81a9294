// GET /healthz: 200 while the node can serve.
import { json } from '../lib/http/answer.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { checkHealth } from '../lib/node/health.ts';

export const handler = endpoint(async () => json(200, { status: 'ok', role: await checkHealth() }), {
  access: 'public',
});
