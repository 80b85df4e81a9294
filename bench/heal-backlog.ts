// A backlog: what it costs those who read meanwhile, and how soon it is shipped once the replica is there again.
import { startLoadGenerator } from './load.ts';
import { type MeasuredNode, startPair } from './nodes.ts';
import { type RepairReport, repair } from './repair.ts';
import { BASE, type Cell, judged, type Table, verdict } from './report.ts';
import { median, ratio, turns } from './stats.ts';

const KEYS = 100_000;
const ROUNDS = 12;
const PENDING = 202;

export async function measureBacklog(): Promise<Table> {
  const generator = startLoadGenerator();
  const pairs = await Promise.all([startPair(), startPair()]);
  const [level, behind] = pairs;
  const rates = { level: [] as number[], behind: [] as number[] };
  try {
    await behind.replica.stop();
    await level.primary.ask({ fill: [0, KEYS] });
    await behind.primary.ask({ fill: [0, KEYS], status: PENDING });
    for (let round = -2; round < ROUNDS; round++) {
      for (const [name, { primary }] of turns(Object.entries({ level, behind }), round)) {
        const { rate } = await generator.run({ url: primary.url, kind: 'get', keys: KEYS, seconds: 1 });
        if (round >= 0) rates[name as keyof typeof rates].push(rate);
      }
    }
    const [report] = await Promise.all([firstThatShips(behind.primary), behind.replica.start()]);
    return tableOf(rates, report);
  } finally {
    generator.stop();
    await Promise.all(pairs.map((pair) => pair.stop()));
  }
}

/** The first repair that finds the replica answering. */
async function firstThatShips(primary: MeasuredNode): Promise<RepairReport> {
  for (;;) {
    const report = await repair(primary);
    if (report.shipped > 0) return report;
  }
}

function tableOf(rates: { readonly level: number[]; readonly behind: number[] }, report: RepairReport): Table {
  const { shipped, remaining, durationMs, stoppedBy } = report;
  const row = (what: string, cells: Record<string, Cell>, judgement: Record<string, Cell>) => ({
    what,
    records: '',
    s: '',
    'a second': '',
    ...cells,
    ...judgement,
  });
  return {
    title: `A backlog of ${KEYS.toLocaleString('en')} records`,
    rows: [
      row('GET, no backlog', { 'a second': median(rates.level) }, BASE),
      row(
        'GET, with the backlog',
        { 'a second': median(rates.behind) },
        judged(ratio(rates.behind, rates.level), { atLeast: 0.95 }),
      ),
      row(
        'shipped in one repair',
        { records: shipped, s: durationMs / 1000, 'a second': (shipped * 1000) / durationMs },
        {
          ...BASE,
          ...verdict('all, within 25 s', stoppedBy === undefined && remaining === 0 && shipped >= 0.99 * KEYS),
        },
      ),
    ],
    notes: [
      `GETs of two primaries with as many keys, each for 1 s in turn, ${ROUNDS} rounds, medians. Then the replica is started.`,
      'The replica starts empty; the comparison that follows the backlog is in the time as well.',
    ],
  };
}
