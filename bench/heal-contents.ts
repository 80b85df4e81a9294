// A million keys: what it takes to find that they are alike, to find and reconcile a hundred that are not, and to fill a
// replica that has lost them all.
import { differences } from './differences.ts';
import { type Figures, startLoadGenerator } from './load.ts';
import { type MeasuredPair, startPair } from './nodes.ts';
import { type RepairReport, repair, repairAll } from './repair.ts';
import { type Cell, type Table, verdict } from './report.ts';
import { median } from './stats.ts';

const KEYS = 1_000_000;
const DIFFERING = 100;
const ROUNDS = 5;
const GET_SECONDS = 8;
const KIB = 1024;

export async function measureContents(): Promise<Table[]> {
  const pair = await startPair({ MEMORY_LIMIT_MB: '4096' });
  try {
    await pair.primary.ask({ fill: [0, KEYS] });
    const differ = differences(pair, KEYS, DIFFERING);
    const alike = await reports(pair, async () => {}, 0);
    const lacking = await reports(pair, differ.lackingThere, DIFFERING);
    const newer = await reports(pair, differ.newerThere, DIFFERING);
    await emptyReplica(pair);
    const full = await repairAll(pair.primary);
    if (full.pushed < KEYS) throw new Error(`${full.pushed} of ${KEYS} keys were pushed.`);
    return [comparisonTable({ alike, lacking, newer, full }), await refillTable(pair, full)];
  } finally {
    await pair.stop();
  }
}

/** Of several rounds. A scheduled repair may come first and reconcile what was made to differ: that round is none. */
async function reports({ primary }: MeasuredPair, makeDiffer: () => Promise<void>, keys: number) {
  const found: RepairReport[] = [];
  for (let round = 0; found.length < ROUNDS; round++) {
    await makeDiffer();
    const report = await repair(primary);
    if (report.keysDiffering === keys) found.push(report);
    else if (round === 2 * ROUNDS) throw new Error(`${report.keysDiffering} keys differ, not ${keys}.`);
  }
  return found;
}

async function emptyReplica({ replica }: MeasuredPair): Promise<void> {
  await replica.stop();
  await replica.start();
}

interface Reports {
  readonly alike: RepairReport[];
  readonly lacking: RepairReport[];
  readonly newer: RepairReport[];
  readonly full: RepairReport;
}

function comparisonTable({ alike, lacking, newer, full }: Reports): Table {
  const row = (difference: string, found: RepairReport[], maxKib?: number, maxShare?: number) => {
    const ms = median(found.map(({ durationMs }) => durationMs));
    const kib = median(found.map(({ bytes }) => bytes)) / KIB;
    const share = ms / full.durationMs;
    const isMet = kib <= (maxKib ?? kib) && share <= (maxShare ?? share);
    const target = [maxKib && `≤ ${maxKib} KiB`, maxShare && `≤ ${maxShare} of a refill`].filter(Boolean).join(', ');
    return {
      difference,
      'KiB exchanged': kib,
      ms,
      'of a refill': share.toFixed(4),
      ...(target ? verdict(target, isMet) : { target, verdict: '' }),
    };
  };
  return {
    title: `Comparison of ${KEYS.toLocaleString('en')} keys: medians of ${ROUNDS} repairs`,
    rows: [
      row('none', alike, 256),
      row(`${DIFFERING} keys lacking on the replica, pushed`, lacking, 1024, 0.05),
      row(`${DIFFERING} keys newer on the replica, pulled`, newer, 1024, 0.05),
      row('the replica is empty (one refill)', [full]),
    ],
    notes: [
      'As POST /repair reports: bodies of requests and answers, no headers; finding and reconciling together.',
      'Keys that the replica lacks are put into the store of the primary; newer ones are sent to the replica, as a primary would.',
    ],
  };
}

/** Once without anything else to do, once with GETs as fast as they are answered. */
async function refillTable(pair: MeasuredPair, idle: RepairReport): Promise<Table> {
  const { primary } = pair;
  const generator = startLoadGenerator();
  const get = () => generator.run({ url: primary.url, kind: 'get', keys: KEYS, seconds: 1 });
  const getFor = async (seconds: number) => {
    const figures: Figures[] = [];
    while (figures.length < seconds) figures.push(await get());
    return figures;
  };
  try {
    const before = await getFor(GET_SECONDS);
    await emptyReplica(pair);
    const during: Figures[] = [];
    let report: RepairReport | undefined;
    const repairing = repair(primary).then((done) => {
      report = done;
    });
    while (report === undefined) during.push(await get());
    await repairing;
    return tableOfRefill(idle, report, { before, during: during.slice(0, -1) });
  } finally {
    generator.stop();
  }
}

function tableOfRefill(
  idle: RepairReport,
  busy: RepairReport,
  gets: { readonly before: Figures[]; readonly during: Figures[] },
): Table {
  const rate = ({ pushed, durationMs }: RepairReport) => (pushed * 1000) / durationMs;
  const getRate = (figures: Figures[]) => median(figures.map((each) => each.rate));
  const p99 = (figures: Figures[]) => median(figures.map(({ p99Ms }) => p99Ms));
  const share = getRate(gets.during) / getRate(gets.before);
  const isMet = rate(busy) >= 20_000 && share >= 0.5;
  const row = (refill: string, keys: Cell, figures: Figures[] | undefined, cells: Record<string, Cell>) => ({
    refill,
    'keys/s': keys,
    'GETs/s': figures ? getRate(figures) : '',
    'GET p99 ms': figures ? p99(figures) : '',
    ...cells,
  });
  const unjudged = { 'GETs, of before': '', target: '', verdict: '' };
  return {
    title: 'Refill of an empty replica',
    rows: [
      row('none, GETs', '', gets.before, unjudged),
      row('without GETs', Math.round(rate(idle)), undefined, unjudged),
      row('beside GETs', Math.round(rate(busy)), gets.during, {
        'GETs, of before': share.toFixed(2),
        ...verdict('≥ 20,000 keys/s, GETs ≥ 0.5 of before', isMet),
      }),
    ],
    notes: [
      'The replica was killed and started again. GETs come over 16 connections, as fast as they are answered.',
      'Load generator, primary and replica share the processor: with fewer cores than three each has less of it.',
    ],
  };
}
