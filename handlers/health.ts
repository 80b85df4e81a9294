// GET /healthz: 200 while the node can serve.
import { json } from '../lib/http/answer.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { config } from '../lib/node/process.ts';
import { store } from '../lib/node/store.ts';

export const handler = endpoint(
  async () => {
    await store.highestEpoch();
    return json(200, { status: 'ok', role: config.role });
  },
  { access: 'public' },
);
