// POST /repair: ship the backlog, compare the nodes and reconcile what differs, now.
import { json } from '../lib/http/answer.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { repairBody } from '../lib/http/repair-body.ts';
import { primary } from '../lib/node/primary.ts';
import { counted } from '../lib/telemetry/metrics.ts';

/** Below the 30 s that the gateway waits, a last question to the replica (10 s) included. */
const LIMIT_MS = 18_000;

export const handler = endpoint(
  async () => {
    const node = await primary();
    const report = await node.repair(LIMIT_MS);
    return { ...json(200, repairBody(report)), metrics: counted('ReplicationFailures', report.failed) };
  },
  { access: 'write', role: 'primary' },
);
