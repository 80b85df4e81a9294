// What a cold start spends its time with, and what it loads.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { type Cold, run } from '../cold-process.ts';
import type { Cell, Table } from '../report.ts';
import { verdict } from '../report.ts';
import { median } from '../stats.ts';

/** Times in milliseconds since the process was created. */
export interface Trace {
  readonly files: readonly string[];
  readonly requests: ReadonlyArray<{ readonly name: string; readonly from: number; readonly to: number }>;
  readonly started: number;
  readonly loaded: number;
  readonly answered: number;
}

const LIMIT_BYTES = 1024 * 1024;

export async function trace(cold: Cold): Promise<Trace> {
  return (await run<Trace>(cold, 'dynamodb/cold-start-trace.mjs')).answer;
}

/** One row for each step of each handler, in the order of their beginnings. */
export function breakdown(traces: ReadonlyMap<string, readonly Trace[]>): Table {
  return {
    title: 'What a deployed cold start spends its time with: medians, in ms since Node was created',
    rows: [...traces].flatMap(([handler, each]) =>
      stepsOf(each).map(({ step, from, to }) => ({ handler, step, from, to, ms: to - from })),
    ),
    notes: [
      'Steps overlap: while a request is under way, code goes on being loaded. A request is from when it is sent until its answer begins.',
      'What is loaded before the first request is our code, the SDK for DynamoDB and Powertools; that for Parameter Store comes beside it.',
    ],
  };
}

function stepsOf(traces: readonly Trace[]): Array<{ step: string; from: number; to: number }> {
  const at = (time: (trace: Trace) => number) => median(traces.map(time));
  const names = (traces[0] as Trace).requests.map(({ name }) => name);
  const requests = names.map((name, i) => ({
    step: name,
    from: at(({ requests }) => requests[i]?.from ?? Number.NaN),
    to: at(({ requests }) => requests[i]?.to ?? Number.NaN),
  }));
  const started = at(({ started }) => started);
  const loaded = at(({ loaded }) => loaded);
  return [
    { step: 'Node itself', from: 0, to: started },
    {
      step: 'the import, up to the first request',
      from: started,
      to: Math.min(loaded, ...requests.map(({ from }) => from)),
    },
    { step: 'the import, all of it', from: started, to: loaded },
    { step: 'the first call', from: loaded, to: at(({ answered }) => answered) },
    ...requests,
  ].sort((a, b) => a.from - b.from);
}

/** @param traces one of each handler */
export async function loadedTable(traces: ReadonlyMap<string, Trace>): Promise<Table> {
  const rows = await Promise.all(
    [...traces].map(async ([handler, { files }]): Promise<Record<string, Cell>> => {
      const contents = await Promise.all(files.map((file) => readFile(fileURLToPath(file))));
      const bytes = contents.reduce((sum, { length }) => sum + length, 0);
      return {
        handler,
        files: files.length,
        'kB minified': bytes / 1000,
        'kB gzipped': contents.reduce((sum, content) => sum + gzipSync(content).length, 0) / 1000,
        ...verdict('≤ 1 MiB', bytes <= LIMIT_BYTES),
      };
    }),
  );
  return {
    title: 'What each deployed handler loads until it has answered: its file, and all it imports, at once or later',
    rows,
    notes: ['Files that Node has read, with STORE=dynamodb, LOG=json and Parameter Store. Without source maps.'],
  };
}
