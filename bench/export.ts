// `tandem import` and `tandem export` of 100,000 keys: the command as a process of its own, on a pair of `npm run serve` in memory.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../scripts/root.ts';
import { type MeasuredPair, startServedPair } from './nodes.ts';
import { type Table, verdict } from './report.ts';
import { median } from './stats.ts';
import { VALUE_BYTES } from './workload.ts';

const COMMAND = join(ROOT, 'bin/tandem.js');
const KEYS = 100_000;
const ROUNDS = 5;
/** Keys a second, the start of the command included. */
const TARGET = 10_000;
const KINDS = ['import', 'export'] as const;
type Kind = (typeof KINDS)[number];

export async function measureExport(): Promise<Table[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-bench-export-'));
  const rates: Record<Kind, number[]> = { import: [], export: [] };
  try {
    const source = join(folder, 'source');
    await writeFile(source, sourceOf(KEYS));
    for (let round = 0; round < ROUNDS; round++) {
      const pair = await startServedPair();
      try {
        rates.import.push(await rateOf(pair, ['import', source]));
        rates.export.push(await rateOf(pair, ['export', join(folder, `${round}`)]));
      } finally {
        await pair.stop();
      }
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  return [tableOf(rates)];
}

function sourceOf(count: number): string {
  const value = 'v'.repeat(VALUE_BYTES);
  const lines = Array.from({ length: count }, (_, i) => JSON.stringify({ key: `key/${i}`, value }));
  return `${['{"format":"tandem-export","version":1,"prefix":""}', ...lines, JSON.stringify({ end: true, keys: count })].join('\n')}\n`;
}

/** @returns keys a second */
async function rateOf({ primary, replica }: MeasuredPair, args: readonly string[]): Promise<number> {
  const env = { ...process.env, TANDEM_PRIMARY: primary.url, TANDEM_REPLICA: replica.url };
  const startedAt = performance.now();
  const { stdout } = await promisify(execFile)(process.execPath, [COMMAND, ...args, '--json'], { env });
  const seconds = (performance.now() - startedAt) / 1000;
  const { written, exported = written } = JSON.parse(stdout);
  if (exported !== KEYS) throw new Error(`tandem ${args.join(' ')} has dealt with ${exported} keys of ${KEYS}.`);
  return KEYS / seconds;
}

function tableOf(rates: Readonly<Record<Kind, readonly number[]>>): Table {
  return {
    title: `tandem import and export of ${KEYS.toLocaleString('en')} keys, ${ROUNDS} rounds on fresh pairs, medians`,
    rows: KINDS.map((kind) => {
      const rate = median(rates[kind]);
      const slowest = Math.min(...rates[kind]);
      return { command: kind, 'keys/s': rate, slowest, ...verdict(`≥ ${TARGET.toLocaleString('en')}`, rate >= TARGET) };
    }),
    notes: [
      `Values of ${VALUE_BYTES} bytes. Both nodes and the command share the machine. The start of the command counts.`,
      'Each imported key is on both nodes before its batch is answered.',
    ],
  };
}
