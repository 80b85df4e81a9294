// How long an in-memory primary takes to recover, against version 0.1 in the same run, and how it answers meanwhile.
import { until } from '../tests/support/until.ts';
import { type Probed, startProbe } from './probe.ts';
import { judged, type Table, unjudged, verdict } from './report.ts';
import { median, ratio, turns } from './stats.ts';
import type { Toll } from './toll.ts';
import { buildVersions, startVersion, statusOf, type Version, type VersionedPair } from './versions.ts';
import { keyAt } from './workload.ts';

const KEYS = 200_000;
const ROUNDS = 5;
const VERSIONS = ['0.1', 'current'] as const;
const PROBE_EVERY_MS = 10;
const IDLE_SECONDS = 3;
const MAX_ANSWER_MS = 100;

interface Recovered {
  /** From when it listens until it serves. */
  readonly ms: number;
  /** From the start of the process. */
  readonly wholeMs: number;
  readonly toll: Toll;
  readonly probed: Probed;
}

export async function measureRecovery(): Promise<Table[]> {
  const modules = await buildVersions();
  const pairs = new Map<Version, VersionedPair>();
  const found: Record<Version, Recovered[]> = { '0.1': [], current: [] };
  try {
    for (const version of VERSIONS) pairs.set(version, await startVersion(modules, version));
    for (const pair of pairs.values()) await pair.fillReplica(KEYS);
    for (let round = -1; round < ROUNDS; round++) {
      for (const [version, pair] of turns([...pairs], round)) {
        const recovered = await recover(pair);
        if (round >= 0) found[version].push(recovered);
      }
    }
    const idle = await probeIdle(pairs.get('current') as VersionedPair);
    return [timeTable(found), probeTable(found, idle)];
  } finally {
    for (const pair of pairs.values()) await pair.stop();
  }
}

/** Kills the primary and starts it again. */
async function recover({ primary }: VersionedPair): Promise<Recovered> {
  await primary.kill();
  const started = performance.now();
  await primary.start();
  const listening = performance.now();
  const probe = startProbe(primary.url, [`/key/${keyAt(0)}`, '/status'], PROBE_EVERY_MS);
  await until(async () => (await fetch(`${primary.url}/healthz`)).ok);
  const done = performance.now();
  const probed = await probe.stop();
  const toll = await primary.toll();
  const { keys } = await statusOf(primary);
  if (keys !== KEYS) throw new Error(`${keys} of ${KEYS} keys were recovered.`);
  return { ms: done - listening, wholeMs: done - started, toll, probed };
}

async function probeIdle({ primary }: VersionedPair): Promise<Recovered> {
  await primary.toll();
  const probe = startProbe(primary.url, [`/key/${keyAt(0)}`, '/status'], PROBE_EVERY_MS);
  await new Promise((resolve) => setTimeout(resolve, IDLE_SECONDS * 1000));
  const probed = await probe.stop();
  return { ms: 0, wholeMs: 0, toll: await primary.toll(), probed };
}

function timeTable(found: Record<Version, Recovered[]>): Table {
  const ms = (version: Version, part: 'ms' | 'wholeMs') => found[version].map((each) => each[part]);
  return {
    title: `Recovery of ${KEYS.toLocaleString('en')} keys, in turn, ${ROUNDS} rounds, medians`,
    rows: VERSIONS.map((version) => ({
      version,
      'until it serves ms': median(ms(version, 'ms')),
      'from its start ms': median(ms(version, 'wholeMs')),
      'CPU ms of the primary': median(found[version].map(({ toll }) => toll.cpuMs)),
      'keys/s': (KEYS * 1000) / median(ms(version, 'ms')),
      ...(version === '0.1'
        ? unjudged(ratio(ms(version, 'ms'), ms('0.1', 'ms')))
        : judged(ratio(ms(version, 'ms'), ms('0.1', 'ms')), { atMost: 0.5 })),
    })),
    notes: [
      'The primary is killed, and started again beside a replica that holds the keys. The ratio is of the time from when it listens.',
      'Primary, replica and the probe share the processor.',
    ],
  };
}

function probeTable(found: Record<Version, Recovered[]>, idle: Recovered): Table {
  const row = (what: string, rounds: readonly Recovered[]) => {
    const probed = rounds.map((each) => each.probed);
    const maxMs = Math.max(...probed.map((each) => each.maxMs));
    return {
      what,
      asked: probed.reduce((sum, each) => sum + each.asked, 0),
      'p99 ms': median(probed.map((each) => each.p99Ms)),
      'slowest ms': maxMs,
      'longest stall ms': Math.max(...rounds.map((each) => each.toll.longestStallMs)),
      answers: JSON.stringify(merged(probed.map((each) => each.answers))),
      'without Retry-After': probed.reduce((sum, each) => sum + each.withoutRetryAfter, 0),
      ...verdict(`≤ ${MAX_ANSWER_MS} ms`, maxMs <= MAX_ANSWER_MS),
    };
  };
  return {
    title: `Requests to the primary meanwhile, one each ${PROBE_EVERY_MS} ms`,
    rows: [row('0.1 recovers', found['0.1']), row('recovering', found.current), row('serving, without load', [idle])],
    notes: [
      `GET /key and GET /status in turn. A request is sent whether or not the one before it has been answered.`,
      'The stall is what the process itself saw of its event loop since its start, loading its code included.',
    ],
  };
}

function merged(counts: ReadonlyArray<Readonly<Record<string, number>>>): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const each of counts) for (const [code, count] of Object.entries(each)) sums[code] = (sums[code] ?? 0) + count;
  return sums;
}
