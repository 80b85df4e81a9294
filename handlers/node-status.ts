// GET /status: how this node and the pair are doing.
import { json } from '../lib/http/answer.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { nodeStatus } from '../lib/http/node-status.ts';
import { clock } from '../lib/node/process.ts';
import { nodeFacts } from '../lib/node/status.ts';
import { store } from '../lib/node/store.ts';

export const handler = endpoint(async () => json(200, await nodeStatus(await nodeFacts(), store, clock)), {
  access: 'read',
  whileRecovering: true,
});
