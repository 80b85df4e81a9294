// A replica that accepts connections and never answers: what writes take before the circuit opens, and after.
import { PEER_TIMEOUT_MS } from '../lib/peer/peer.ts';
import { until } from '../tests/support/until.ts';
import { type Figures, startLoadGenerator } from './load.ts';
import { type MeasuredNode, startPair } from './nodes.ts';
import { repair } from './repair.ts';
import { BASE, type Cell, judged, type Table, verdict } from './report.ts';
import { median, ratio } from './stats.ts';
import { CONNECTIONS } from './workload.ts';

const ROUNDS = 3;
const KEYS = 1000;
/** Three requests in a row, each with its time limit, and some more. */
const OPENING_SECONDS = 12;
const SECONDS = 5;
/** docs/protocol.md: the request under way, then its own, then the wait for the backlog. */
const BOUND_MS = 2 * PEER_TIMEOUT_MS + 250;

type Phase = 'normal' | 'opening' | 'open';

export async function measureHang(): Promise<Table> {
  const generator = startLoadGenerator();
  const pair = await startPair();
  const { primary, replica } = pair;
  const figures: Record<Phase, Figures[]> = { normal: [], opening: [], open: [] };
  const load = (seconds: number) =>
    generator.run({ url: primary.url, kind: 'put', keys: KEYS, seconds, mayBePending: true });
  try {
    await primary.ask({ fill: [0, KEYS] });
    await load(SECONDS);
    for (let round = 0; round < ROUNDS; round++) {
      figures.normal.push(await load(SECONDS));
      replica.signal('SIGSTOP');
      figures.opening.push(await load(OPENING_SECONDS));
      figures.open.push(await load(SECONDS));
      replica.signal('SIGCONT');
      await untilAlike(primary);
    }
  } finally {
    generator.stop();
    replica.signal('SIGCONT');
    await pair.stop();
  }
  return tableOf(figures);
}

async function untilAlike(primary: MeasuredNode): Promise<void> {
  await until(async () => {
    const { remaining, stoppedBy } = await repair(primary);
    return remaining === 0 && stoppedBy === undefined;
  });
}

function tableOf(figures: Record<Phase, Figures[]>): Table {
  const p50s = (phase: Phase) => figures[phase].map(({ p50Ms }) => p50Ms);
  const row = (replica: string, phase: Phase, cells: Readonly<Record<string, Cell>>) => ({
    replica,
    'PUTs/s': median(figures[phase].map(({ rate }) => rate)),
    'p50 ms': median(p50s(phase)),
    'p99 ms': median(figures[phase].map(({ p99Ms }) => p99Ms)),
    'max ms': Math.max(...figures[phase].map(({ maxMs }) => maxMs)),
    ...cells,
  });
  const isBounded = [...figures.opening, ...figures.open].every(({ maxMs }) => maxMs <= BOUND_MS);
  return {
    title: `A replica that hangs: PUT over ${CONNECTIONS} connections, ${ROUNDS} rounds, medians`,
    rows: [
      row('answers', 'normal', BASE),
      row(`hangs, the first ${OPENING_SECONDS} s`, 'opening', {
        ...BASE,
        ...verdict(`max ≤ ${BOUND_MS} ms`, isBounded),
      }),
      row(`hangs, then ${SECONDS} s, circuit open`, 'open', judged(ratio(p50s('open'), p50s('normal')), { atMost: 2 })),
    ],
    notes: [
      'The process of the replica is stopped (SIGSTOP). The ratio is of the medians (p50), to those of the same round before.',
      `The bound is that of docs/protocol.md; it is asked of every PUT, the ones that find the circuit open included.`,
    ],
  };
}
