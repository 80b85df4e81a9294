// What the repairs of nodes on DynamoDB come to, in tables.
import type { RepairReport } from '../repair.ts';
import { type Cell, type Table, verdict } from '../report.ts';
import type { Usage } from './endpoint.ts';
import type { Memory } from './memory.ts';

type Both<T> = Readonly<Record<'primary' | 'replica', T>>;

export interface Repaired extends Both<Memory> {
  /** How many items the nodes hold. */
  readonly size: number;
  readonly what: string;
  readonly report: RepairReport;
  readonly ms: number;
  readonly before: Both<Usage>;
  readonly after: Both<Usage>;
}

const MB = 1024 * 1024;
/** Of a function: serverless.yml, `memorySize`. */
const MOST_MB = 512;
const ROLES = ['primary', 'replica'] as const;

export function tablesOf(all: readonly Repaired[]): Table[] {
  return [memoryTable(all), workTable(all)];
}

function memoryTable(all: readonly Repaired[]): Table {
  return {
    title: 'Repairs on DynamoDB: memory of each node, in MB',
    rows: all.flatMap((each) => ROLES.map((role) => memoryRow(each, role, all))),
    notes: [
      'Each repair in new processes. At rest: loaded, after a full collection. Peaks are those of samples every 10 ms, with all garbage that Node leaves lying about while it has room (its limit is that of this machine). Heap: with buffers outside of it.',
      'More, times that of fewer: what the peak is above rest, against the same repair with the next fewer items. Kept: the most that was left after any major collection, if there was one.',
      'One request of a query brings up to 1 MB of an index, which with 100,000 items is about one of its 16 shards: beyond, a comparison takes more requests, not more memory.',
      `The target is of the peak of resident memory, in MB: a function has ${MOST_MB}.`,
    ],
  };
}

function memoryRow({ size, what, ...each }: Repaired, role: 'primary' | 'replica', all: readonly Repaired[]) {
  const { rest, peak, kept } = each[role];
  const smaller = all.findLast((other) => other.size < size && kindOf(other.what) === kindOf(what));
  const growth = smaller && heapAbove(each[role]) / heapAbove(smaller[role]);
  return {
    items: size,
    repair: what,
    node: role,
    'heap at rest': rest.heap / MB,
    'its peak': peak.heap / MB,
    'more, times that of fewer': growth?.toFixed(2) ?? '',
    kept: kept === undefined ? '' : (kept / MB).toFixed(1),
    'resident at rest': rest.resident / MB,
    'peak of it': peak.resident / MB,
    ...verdict(`≤ ${MOST_MB}`, peak.resident <= MOST_MB * MB),
  };
}

/** In bytes. */
function heapAbove({ rest, peak }: Memory): number {
  return peak.heap - rest.heap;
}

/** Numbers differ with the size. */
function kindOf(what: string): string {
  return what.replace(/[\d,]+/g, '');
}

function workTable(all: readonly Repaired[]): Table {
  return {
    title: 'Repairs on DynamoDB: time, and what is asked of it',
    rows: all.map(({ size, what, report, ms, before, after, ...memory }) => {
      const asked = (operation: string) =>
        ROLES.reduce((sum, role) => sum + countOf(after[role], operation) - countOf(before[role], operation), 0);
      const cpu = (role: 'primary' | 'replica') => (after[role].cpuMs - before[role].cpuMs) / 1000;
      const row: Record<string, Cell> = {
        items: size,
        repair: what,
        shipped: report.shipped,
        pushed: report.pushed,
        pulled: report.pulled,
        left: report.stoppedBy === undefined ? report.remaining : 'not through',
        s: ms / 1000,
        'CPU s of the nodes': (memory.primary.cpuMs + memory.replica.cpuMs) / 1000,
        "of DynamoDB's": cpu('primary') + cpu('replica'),
        Query: asked('Query'),
        GetItem: asked('GetItem'),
        PutItem: asked('PutItem'),
        UpdateItem: asked('UpdateItem'),
        'read units': ROLES.reduce((sum, role) => sum + after[role].readUnits - before[role].readUnits, 0),
      };
      return row;
    }),
    notes: [
      "Both nodes together. Each has a dynalite of its own in another process: its processor time is no node's, and DynamoDB would not take it from this machine.",
      'Read units as dynalite reports them: half of one for each 4 KiB of a query of an index, and one for an item that is read consistently.',
    ],
  };
}

function countOf({ requests }: Usage, operation: string): number {
  return requests[operation] ?? 0;
}
