// What a node does once a minute. The primary repairs, and says how its backlog is. Each node tells the other what it is and
// how much it owes: so a replica knows what a failover would put at risk, a primary learns of writes that it has not taken
// over yet, and a grant whose answer was lost is taken.
import { PeerError } from '../peer/peer.ts';
import { ageOfOldest } from '../replication/describe.ts';
import type { RepairReport } from '../replication/repair/repair.ts';
import { counted } from '../telemetry/metrics.ts';
import { node } from './node.ts';
import { peer } from './peer.ts';
import { primary } from './primary.ts';
import { clock, config, emit, observer } from './process.ts';
import { roles } from './roles.ts';
import { store } from './store.ts';

/**
 * @param limitMs of a repair, in milliseconds
 * @throws TandemError `recovering`, `switching`, `not_primary` when it is open at this moment who leads
 */
export async function everyMinute(limitMs: number): Promise<void> {
  const { role } = await roles.now();
  if (role === 'replica') return tellOther();
  const { stoppedBy } = await repair(limitMs);
  // In memory each batch says so.
  if (store.nodeState && stoppedBy === undefined) await tellOther();
}

async function repair(limitMs: number): Promise<RepairReport> {
  const leading = await primary();
  const report = await leading.repair(limitMs, clock.now() - config.compareEveryMs);
  const failures = counted('ReplicationFailures', report.failed);
  if (!observer) {
    emit(failures);
    return report;
  }
  observer.info('scheduled repair', report);
  const [{ count, oldest }, divergent] = await Promise.all([store.backlogSize(), store.divergentCount()]);
  emit({
    BacklogSize: count,
    BacklogAge: oldest === undefined ? 0 : Math.max(0, clock.now() - oldest) / 1000,
    Divergent: divergent,
    ...failures,
  });
  return report;
}

/** That the other node gives no answer is for `GET /status` to tell: the next minute brings the next try. */
async function tellOther(): Promise<void> {
  const [own, backlog] = await Promise.all([node.describe(), store.backlogSize()]);
  const owed = { owed: backlog.count, oldestOwedMs: ageOfOldest(backlog, clock.now()) };
  try {
    await node.hear(await peer.handshake({ ...own, ...owed }));
  } catch (error) {
    if (!(error instanceof PeerError)) throw error;
  }
}
