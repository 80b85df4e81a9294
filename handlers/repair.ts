// POST /repair: ship the backlog, compare the nodes, and mend what differs, now.
import { json } from '../lib/http/answer.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { counted } from '../lib/metrics.ts';
import { primary } from '../lib/primary-node.ts';

/** Below the 30 s that the gateway waits, a last question to the replica (10 s) included. */
const LIMIT_MS = 18_000;

export const handler = endpoint(
  async () => {
    const node = await primary();
    const report = await node.repair(LIMIT_MS);
    return { ...json(200, report), metrics: counted('ReplicationFailures', report.failed) };
  },
  { access: 'write', role: 'primary' },
);
