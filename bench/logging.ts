// What log lines cost: none, ours, and the emulator's own, each with nodes of its own that run at the same time.
import { startLoadGenerator } from './load.ts';
import { type MeasuredPair, startPair } from './nodes.ts';
import { BASE, type Table, unjudged } from './report.ts';
import { median, ratio, turns } from './stats.ts';

const ROUNDS = 10;
const SECONDS = 1;
const WARM_UP_SECONDS = 3;
const KEYS = 1000;

const SETTINGS = {
  'silent (LOG=silent)': { LOG: 'silent', SLS_LOG_LEVEL: 'warning' },
  'one line of ours (LOG=requests)': { LOG: 'requests', SLS_LOG_LEVEL: 'warning' },
  "the emulator's own (SLS_LOG_LEVEL=notice)": { LOG: 'silent', SLS_LOG_LEVEL: 'notice' },
};
const KINDS = ['get', 'create'] as const;

export async function measureLogging(): Promise<Table[]> {
  const names = Object.keys(SETTINGS) as Array<keyof typeof SETTINGS>;
  const pairs: MeasuredPair[] = [];
  const generator = startLoadGenerator();
  const rates = new Map<string, number[]>(names.flatMap((name) => KINDS.map((kind) => [`${name} ${kind}`, []])));
  const of = (name: string, kind: string) => rates.get(`${name} ${kind}`) as number[];
  try {
    for (const name of names) pairs.push(await startPair(SETTINGS[name]));
    for (const { primary } of pairs) await primary.ask({ fill: [0, KEYS] });
    for (let round = -1; round < ROUNDS; round++) {
      for (const kind of KINDS) {
        for (const [i, name] of turns([...names.entries()], round)) {
          const seconds = round < 0 ? WARM_UP_SECONDS : SECONDS;
          const { url } = (pairs[i] as MeasuredPair).primary;
          const { rate } = await generator.run({ url, kind, keys: KEYS, seconds });
          if (round >= 0) of(name, kind).push(rate);
        }
      }
    }
  } finally {
    generator.stop();
    await Promise.all(pairs.map((pair) => pair.stop()));
  }
  const silent = names[0] as string;
  return [
    {
      title: `Log lines: HTTP, each setting for ${SECONDS} s in turn, ${ROUNDS} rounds, medians`,
      rows: KINDS.flatMap((kind) =>
        names.map((name) => ({
          request: kind === 'get' ? 'GET' : 'PUT, replicated',
          log: name,
          'requests/s': median(of(name, kind)),
          'µs more a request': median(
            of(name, kind).map((rate, i) => 1e6 / rate - 1e6 / (of(silent, kind)[i] as number)),
          ),
          ...(name === silent ? BASE : unjudged(ratio(of(name, kind), of(silent, kind)))),
        })),
      ),
      notes: [
        'The ratio is of the rates, to silence. The first round warms up and does not count.',
        'Lines go down a pipe to this process, as under npm start, which prints them besides; of a PUT, both nodes log.',
      ],
    },
  ];
}
