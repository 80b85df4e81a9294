// What the primary says of a replica that is killed and started again in memory, how soon it says so, and how soon the
// replica holds everything again.
import { until } from '../tests/support/until.ts';
import { type Table, verdict } from './report.ts';
import { median } from './stats.ts';
import { buildVersions, type Status, startVersion, statusOf, type VersionedPair } from './versions.ts';

/** How many keys, and how often. */
const SIZES = [
  [200_000, 3],
  [1_000_000, 1],
] as const;
const WITHIN_MS = 1000;
const RECORDS_A_SECOND = 20_000;

interface Restart {
  /** From the kill to the first status of the primary that says so. */
  readonly knownGoneMs: number;
  /** From the replica's first answer to its own status that says `refilling`. */
  readonly saysRefillingMs: number;
  /** From the replica's first answer to the first status of the primary that says so. */
  readonly knownBackMs: number;
  /** From the replica's first answer to its own status that says `serving`. */
  readonly fullMs: number;
  /** Of the primary meanwhile. */
  readonly longestStallMs: number;
}

export async function measureRestart(): Promise<Table[]> {
  const modules = await buildVersions();
  const rows: Array<Table['rows'][number]> = [];
  for (const [keys, rounds] of SIZES) {
    const pair = await startVersion(modules, 'current');
    try {
      await pair.fillReplica(keys);
      await pair.primary.kill();
      await pair.primary.start();
      await until(async () => (await statusOf(pair.primary)).inSync);
      const found: Restart[] = [];
      while (found.length < rounds) found.push(await restart(pair, keys));
      rows.push(rowOf(keys, found));
    } finally {
      await pair.stop();
    }
  }
  return [tableOf(rows)];
}

async function restart({ primary, replica }: VersionedPair, keys: number): Promise<Restart> {
  const { replica: before } = await statusOf(primary);
  await primary.toll();
  const killed = performance.now();
  const saidGone = first(primary, ({ inSync, replica }) => !inSync && replica.reachable === false);
  await replica.kill();
  const goneAt = await saidGone;
  await replica.start();
  const saidBack = first(primary, ({ replica }) => replica.id !== before.id && replica.state === 'refilling');
  const answeredAt = await first(replica, () => true);
  const [refillingAt, backAt] = await Promise.all([first(replica, ({ state }) => state === 'refilling'), saidBack]);
  const fullAt = await first(replica, ({ state }) => state === 'serving');
  const { keys: found } = await statusOf(replica);
  if (found !== keys) throw new Error(`The replica says that it is full with ${found} of ${keys} keys.`);
  return {
    knownGoneMs: goneAt - killed,
    saysRefillingMs: refillingAt - answeredAt,
    knownBackMs: backAt - answeredAt,
    fullMs: fullAt - answeredAt,
    longestStallMs: (await primary.toll()).longestStallMs,
  };
}

/** When a node's status first says so. It is asked for every 20 ms. */
async function first(node: VersionedPair['primary'], says: (status: Status) => boolean): Promise<number> {
  await until(async () => says(await statusOf(node)));
  return performance.now();
}

function rowOf(keys: number, found: readonly Restart[]): Table['rows'][number] {
  const slowest = (part: keyof Restart) => Math.max(...found.map((each) => each[part]));
  const rate = (keys * 1000) / median(found.map(({ fullMs }) => fullMs));
  const isInTime = slowest('knownGoneMs') <= WITHIN_MS && slowest('saysRefillingMs') <= WITHIN_MS;
  const isMet = isInTime && slowest('knownBackMs') <= WITHIN_MS && rate >= RECORDS_A_SECOND;
  return {
    keys,
    'primary says it is gone ms': slowest('knownGoneMs'),
    'replica says refilling ms': slowest('saysRefillingMs'),
    'primary says refilling ms': slowest('knownBackMs'),
    'full s': median(found.map(({ fullMs }) => fullMs)) / 1000,
    'records/s': rate,
    'longest stall of the primary ms': slowest('longestStallMs'),
    ...verdict(`≤ ${WITHIN_MS} ms, ≥ ${RECORDS_A_SECOND.toLocaleString('en')} records/s`, isMet),
  };
}

function tableOf(rows: Table['rows']): Table {
  return {
    title: 'A replica in memory that is killed, and started again',
    rows,
    notes: [
      `The slowest of ${SIZES.map(([keys, rounds]) => `${rounds} at ${keys.toLocaleString('en')} keys`).join(', ')}; time and rate of a refill are the median.`,
      'Of the primary: from the kill, and from the first answer of the replica. Full: until its own status says serving.',
    ],
  };
}
