// GET /status: how this node is doing.
import { json } from '../lib/http/answer.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { primaryStatus, replicaStatus } from '../lib/http/node-status.ts';
import { clock, config, store } from '../lib/node.ts';
import { primary } from '../lib/primary-node.ts';
import { replica } from '../lib/replica-node.ts';

export const handler = endpoint(async () =>
  json(
    200,
    config.role === 'primary'
      ? await primaryStatus(store, clock, await primary())
      : await replicaStatus(store, clock, replica()),
  ),
);
