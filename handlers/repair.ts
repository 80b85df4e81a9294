// POST /repair: ship the backlog, compare the nodes, and mend what differs, now.
import { json } from '../lib/http/answer.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { primary } from '../lib/primary-node.ts';

/** Below the 30 s that the gateway waits. */
const LIMIT_MS = 25_000;

export const handler = endpoint(async () => json(200, await (await primary()).repair(LIMIT_MS)), {
  role: 'primary',
});
