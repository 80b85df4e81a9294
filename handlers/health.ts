// GET /healthz: 200 while the node can serve.
import { json } from '../lib/http/answer.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { checkHealth } from '../lib/node/health.ts';
import { config } from '../lib/node/process.ts';

export const handler = endpoint(
  async () => {
    await checkHealth();
    return json(200, { status: 'ok', role: config.role });
  },
  { access: 'public' },
);
