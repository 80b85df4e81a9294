// POST /repair, and once a minute: ship what the replica has not acknowledged.
import { json } from '../lib/http/answer.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { primary } from '../lib/primary-node.ts';

export const handler = endpoint(async () => json(200, await (await primary()).repair('all')), { role: 'primary' });
