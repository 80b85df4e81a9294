// How long writes are refused while the roles change, in memory; how soon a failover takes its first write; and what it takes
// to bring a former primary in line, beside how much it holds.
import { Load } from '../scripts/drill/load.ts';
import { DrillNode } from '../scripts/drill/node.ts';
import { until } from '../tests/support/until.ts';
import { type Table, verdict } from './report.ts';
import { median } from './stats.ts';
import { buildVersions, startVersion, statusOf, type VersionedNode, type VersionedPair } from './versions.ts';

const MANY = 1_000_000;
const FEW = 1000;
const ROUNDS = 6;
const CLIENTS = 16;
/** Keys that are written on each side of a failover. */
const DIFFERING = 100;
const IDLE_MS = 250;
const BUSY_MS = 1000;
const FAILOVER_MS = 50;
/** How much longer it may take to bring a former primary in line that holds a thousand times as much. */
const HELD_RATIO = 2;

export async function measurePromotion(): Promise<Table[]> {
  const modules = await buildVersions();
  const rows: Array<Table['rows'][number]> = [];
  const inLine: number[] = [];
  for (const keys of [FEW, MANY]) {
    const pair = await startVersion(modules, 'current');
    try {
      await fill(pair, keys);
      if (keys === MANY) {
        for (const clients of [1, CLIENTS]) rows.push(await switchovers(pair, clients));
      }
      const { firstWriteMs, inLineMs } = await failover(pair);
      inLine.push(inLineMs);
      if (keys === MANY) {
        rows.push({
          what: 'failover, until the first write is accepted',
          keys,
          'median ms': firstWriteMs,
          'most ms': firstWriteMs,
          ...verdict(`≤ ${FAILOVER_MS} ms`, firstWriteMs <= FAILOVER_MS),
        });
      }
    } finally {
      await pair.stop();
    }
  }
  const [few = 0, many = 0] = inLine;
  rows.push({
    what: `a former primary brought in line, ${DIFFERING} keys differing on each side`,
    keys: MANY,
    'median ms': many,
    'most ms': many,
    ...verdict(`≤ ${HELD_RATIO} × ${Math.round(few)} ms of ${FEW} keys`, many <= HELD_RATIO * few),
  });
  return [
    {
      title: 'Changes of roles, in memory',
      rows,
      notes: [
        `Of ${ROUNDS} switchovers to and fro under ${CLIENTS} clients, and under one that looks: the longest time for which any was refused.`,
        'In line: from the moment in which the former primary goes on until the new one says inSync.',
      ],
    },
  ];
}

async function fill(pair: VersionedPair, keys: number): Promise<void> {
  await pair.fillReplica(keys);
  await pair.primary.kill();
  await pair.primary.start();
  await untilInSync(pair.primary);
}

function untilInSync(node: VersionedNode): Promise<unknown> {
  return until(async () => (await statusOf(node)).inSync);
}

/** To the replica and back, again and again: both lead in the end as they did. */
async function switchovers({ primary, replica }: VersionedPair, clients: number): Promise<Table['rows'][number]> {
  const refused: number[] = [];
  const keys = Array.from({ length: clients }, (_, i) => `probe/${i}`);
  for (let i = 0; i < ROUNDS; i++) {
    const [from, to] = i % 2 === 0 ? [primary, replica] : [replica, primary];
    const load = new Load([new DrillNode(from.url), new DrillNode(to.url)], keys);
    const promoted = new DrillNode(to.url).promote(false);
    await load.writeUntil(promoted);
    const { status, body } = await promoted;
    if (status !== 200) throw new Error(`POST /promote answered ${status}: ${body.detail}`);
    refused.push(load.longestRefusalMs);
    await untilInSync(to);
  }
  const limit = clients === 1 ? IDLE_MS : BUSY_MS;
  const most = Math.max(...refused);
  return {
    what: clients === 1 ? 'switchover, writes refused' : `switchover under ${clients} writing clients, writes refused`,
    keys: MANY,
    'median ms': median(refused),
    'most ms': most,
    ...verdict(`≤ ${limit} ms`, most <= limit),
  };
}

/** The primary stands still, the replica leads, both have written, and the primary goes on. */
async function failover({ primary, replica }: VersionedPair): Promise<{ firstWriteMs: number; inLineMs: number }> {
  const [old, next] = [new DrillNode(primary.url), new DrillNode(replica.url)];
  const keys = Array.from({ length: DIFFERING }, (_, i) => `differs/${i}`);
  // While the replica stands still the primary keeps its writes for itself.
  replica.signal('SIGSTOP');
  await Promise.all(keys.map((key) => old.ask('PUT', `/key/${encodeURIComponent(key)}`, { value: 'former' })));
  primary.signal('SIGSTOP');
  replica.signal('SIGCONT');
  await until(async () => (await next.ask('GET', '/healthz')).status === 200);
  const startedAt = performance.now();
  await next.promote(true);
  await next.ask('PUT', '/key/first', { value: 1 });
  const firstWriteMs = performance.now() - startedAt;
  await Promise.all(keys.map((key) => next.ask('PUT', `/key/${encodeURIComponent(key)}`, { value: 'new' })));
  primary.signal('SIGCONT');
  const goesOnAt = performance.now();
  await untilInSync(replica);
  return { firstWriteMs, inLineMs: performance.now() - goesOnAt };
}
