// Keeps the table of keys up to date: reads what is seen of it, compares what is asked for, and says how far that goes.
import { effect, signal } from '@preact/signals';
import { keyCount } from '../node-panel/facts.ts';
import { clockTime, count } from '../nodes/words.ts';
import type { NodeName } from '../recording/observation.ts';
import { differing, isComparedToTheEnd, notListed } from '../state/keys.ts';
import { lead, NODES, pace, seen } from '../state/nodes.ts';
import { afterEachLook } from '../watch/watch.ts';
import { type Place, readRows, startOf } from './listing.ts';
import { MAX_ROWS, Pager, type Range, type ReadRows, WIDE } from './pager.ts';
import { NotListed, readBacklog, readKeys } from './pages.ts';
import { Scan } from './scan.ts';
import { type Filter, NOTHING_YET, scanWords, type TableView } from './table-view.ts';

export const filter = signal<Filter>('all');
export const prefix = signal('');
export const table = signal<TableView>(NOTHING_YET);

const isLocal = NODES.every((node) => node.isLocal);
/** Keys of a page that is seen. A page of deployed nodes costs money at each look. */
const PAGE = isLocal ? 200 : 100;
/** What GET /keys gives at most: keys of each node in one step of a comparison. */
const STEP = 1000;
/** Between two steps of a comparison, and between two of its passes at least, in milliseconds. */
const STEP_PAUSE_MS = isLocal ? 20 : pace.pauseMs;
const PASS_PAUSE_MS = pace.pauseMs;
/** A pass is followed by a pause of so many times its own length. */
const REST = 4;

/** What is shown, and how it is read. What is read for one is never shown for another. */
interface Source {
  readonly identity: string;
  readonly nodes: readonly NodeName[];
  readonly pager: Pager<Place> | Pager<string> | undefined;
  readonly scan: Scan<Place> | undefined;
}

let source: Source = { identity: '', nodes: [], pager: undefined, scan: undefined };
let range: Range = { first: 0, last: 50 };
let isReading = false;
let isDue = false;
let readAt = 0;

/** The nodes that list keys at the moment. */
const listing = (): NodeName[] =>
  NODES.map(({ id }) => id).filter((id) => {
    const { isAnswering, status } = seen.value[id];
    return isAnswering && status !== undefined && notListed.value[id] === undefined;
  });

export function startTable(): void {
  afterEachLook(refresh);
  effect(() => {
    // Whatever is chosen is read at once.
    void [filter.value, prefix.value];
    void refresh();
  });
}

/** Says which rows are seen from now on. */
export function view(next: Range): void {
  range = next;
  source.pager?.view(range);
  if (!isReading) void catchUp();
}

/** Reads what is seen once more. A node that lists no keys is asked again each time. */
async function refresh(): Promise<void> {
  if (isReading) {
    isDue = true;
    return;
  }
  if (Object.keys(notListed.value).length > 0) notListed.value = {};
  await reading(async () => {
    const current = sourceNow();
    await current.pager?.refresh();
    await readMissing(current);
  });
  if (isDue) {
    isDue = false;
    void refresh();
  }
}

const catchUp = (): Promise<void> => reading(() => readMissing(source));

async function reading(action: () => Promise<void>): Promise<void> {
  isReading = true;
  try {
    await action();
    readAt = Date.now();
  } catch (error) {
    // That a node does not answer is for the next look to say.
    if (error instanceof NotListed) notListed.value = { ...notListed.value, [error.node]: error.message };
  } finally {
    isReading = false;
    show();
  }
}

async function readMissing(current: Source): Promise<void> {
  while (current === source && (await current.pager?.step())) show();
}

/** The source of what is chosen, a new one where that has changed. */
function sourceNow(): Source {
  const { leader } = lead.value;
  const kind = filter.value;
  const nodes = kind === 'not copied' ? listing().filter((id) => id === leader) : listing();
  const contents = nodes.map((id) => seen.value[id].contentsId);
  const identity = JSON.stringify([kind, prefix.value, leader, nodes, contents]);
  if (nodes.length === 0 || identity === source.identity) return source;
  const read = readKeys(prefix.value);
  const widthOf = (isWide: boolean) => (isWide ? WIDE * PAGE : PAGE);
  const keysOf: ReadRows<Place> = (place, { hasValues, isWide }) =>
    readRows(read, place, { leader, limit: widthOf(isWide), hasValues });
  const isComparing = kind === 'differing' && nodes.length === 2;
  const scan = isComparing
    ? new Scan(startOf(nodes), (place) => readRows(read, place, { leader, limit: STEP, hasValues: false }), Date.now)
    : undefined;
  const pager =
    kind === 'all'
      ? new Pager(startOf(nodes), keysOf)
      : kind === 'not copied'
        ? new Pager('', (cursor: string, { isWide }) => readBacklog(cursor, widthOf(isWide)))
        : undefined;
  source = { identity, nodes, pager, scan };
  pager?.view(range);
  if (scan) void compareOn(source, scan);
  return source;
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Goes through all keys again and again, for as long as that is what is shown and the page is seen. */
async function compareOn(current: Source, scan: Scan<Place>): Promise<void> {
  let began = Date.now();
  while (current === source) {
    const goesOn = document.hidden ? undefined : await scan.step().catch(() => undefined);
    if (current !== source) return;
    show();
    if (goesOn === true) await sleep(STEP_PAUSE_MS);
    else {
      await sleep(goesOn === undefined ? PASS_PAUSE_MS : Math.max(PASS_PAUSE_MS, REST * (Date.now() - began)));
      began = Date.now();
    }
  }
}

/** As the nodes count: of the one that has more. */
function expected(): { readonly number: number; readonly words: string } {
  const [most] = NODES.flatMap(({ id }) => seen.value[id].status ?? []).sort((a, b) => b.keys - a.keys);
  return most
    ? { number: most.keys, words: `${keyCount(most)} key${most.keys === 1 ? '' : 's'}` }
    : { number: 0, words: '0 keys' };
}

function show(): void {
  const isOld = listing().length === 0;
  if (source.scan) showScan(source.scan, isOld);
  else if (source.pager) showPager(source.pager, isOld);
  else if (filter.value === 'differing')
    table.value = {
      ...NOTHING_YET,
      words: 'Nothing is compared: only one node lists its keys.',
      emptyWords: 'Both nodes have to answer.',
    };
  learnDifferences();
}

function showScan(scan: Scan<Place>, isOld: boolean): void {
  const { state } = scan;
  table.value = {
    total: state.found.length,
    rowAt: (index) => state.found[index],
    words: scanWords(state, prefix.value === '' ? expected().words : `the keys ${prefix.value}…`),
    emptyWords: state.endedAt === undefined ? 'Nothing that differs so far.' : 'Nothing differs.',
    isOld,
  };
}

function showPager(pager: Pager<Place> | Pager<string>, isOld: boolean): void {
  const isBacklog = filter.value === 'not copied';
  const owed = seen.value[lead.value.leader].status?.backlog?.count ?? 0;
  const counted = isBacklog ? owed : prefix.value === '' ? expected().number : 0;
  const total = Math.min(MAX_ROWS, pager.isComplete ? pager.length : Math.max(pager.length, counted));
  table.value = {
    total,
    rowAt: (index) => pager.rowAt(index),
    words: pagerWords(pager, isBacklog, total) + (isOld && readAt > 0 ? ` As of ${clockTime(readAt)}.` : ''),
    emptyWords: emptyWords(pager.isComplete, isBacklog),
    isOld,
  };
}

function emptyWords(isComplete: boolean, isBacklog: boolean): string {
  if (!isComplete) return '';
  if (isBacklog) return 'Everything is copied.';
  return prefix.value === '' ? 'No keys yet.' : `No key begins with ${prefix.value}.`;
}

function pagerWords(pager: Pager<Place> | Pager<string>, isBacklog: boolean, total: number): string {
  const noun = isBacklog ? 'record' : 'key';
  const known = count(pager.length, noun);
  if (pager.isComplete) return isBacklog ? `${known} not copied, the oldest first.` : known;
  if (pager.isCutOff) return `The first ${known} are shown: a prefix finds the others.`;
  if (isBacklog) return `${total.toLocaleString('en')} records not copied, the oldest first.`;
  return prefix.value === '' ? expected().words : `${known} so far`;
}

function learnDifferences(): void {
  const { pager, scan, nodes } = source;
  if (nodes.length < 2 || !(pager || scan)) {
    differing.value = undefined;
    return;
  }
  const state = scan?.state;
  const isWhole = prefix.value === '' && (state ? state.endedAt !== undefined : (pager?.isWhole ?? false));
  isComparedToTheEnd.value = isWhole;
  differing.value = state
    ? state.found.length + state.more
    : (pager?.held.filter(({ difference }) => difference !== undefined).length ?? 0);
}
