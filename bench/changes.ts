// How soon a change reaches a reader that waits on the replica, and what a thousand readers that wait cost a write.
import { type Pair, startPair } from '../tests/support/nodes.ts';
import { type Table, verdict } from './report.ts';
import { median, quantile } from './stats.ts';
import { keyAt, put } from './workload.ts';

const WRITES = 200;
const READERS = 1000;
const SOON_MS = 50;
const COST_AT_MOST = 2;

interface Feed {
  next: string;
  complete: boolean;
}

export async function measureChanges(): Promise<Table[]> {
  const pair = await startPair({}, { serve: {} });
  try {
    return [await delays(pair), await costs(pair)];
  } finally {
    await pair.stop();
  }
}

async function changes(url: string, query: string): Promise<Feed> {
  const answer = await fetch(`${url}/changes?${query}`);
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as Feed;
}

/** From the answer to a write to that of a reader that waits for it on the replica; negative where that was first. */
async function delays({ primary, replica }: Pair): Promise<Table> {
  const found: number[] = [];
  let { next } = await changes(replica.url, 'since=now');
  for (let i = 0; i < WRITES; i++) {
    const waiting = changes(replica.url, `since=${next}&wait=20`).then((feed) => ({ feed, at: performance.now() }));
    await put(primary.url, keyAt(i), i);
    const written = performance.now();
    const { feed, at } = await waiting;
    found.push(at - written);
    next = feed.next;
  }
  return {
    title: `A change reaches a reader that waits on the replica: ${WRITES} writes, one after the other`,
    rows: [
      {
        'median ms': median(found),
        'p99 ms': quantile(found, 0.99),
        ...verdict(`median ≤ ${SOON_MS} ms`, median(found) <= SOON_MS),
      },
    ],
    notes: ['From the answer to the write to that of the reader.'],
  };
}

/** Milliseconds of one write: alone; while a thousand wait that it does not concern; and while it wakes a thousand each time. */
async function costs({ primary }: Pair): Promise<Table> {
  const write = async (key: string, i: number) => {
    const began = performance.now();
    await put(primary.url, key, i);
    return performance.now() - began;
  };
  const series = async (key: string) => {
    const found: number[] = [];
    for (let i = 0; i < WRITES; i++) found.push(await write(key, i));
    return median(found);
  };
  const alone = await series('alone');
  const { stop, ready } = readers(primary.url, READERS, 'elsewhere/');
  await ready;
  const beside = await series('beside');
  await stop();
  const row = (what: string, ms: number, cells: Record<string, string | number>) => ({
    what,
    'write, median ms': ms,
    ...cells,
  });
  return {
    title: `A write while ${READERS.toLocaleString('en')} readers wait on its node`,
    rows: [
      row('no reader', alone, { ratio: '', target: '', verdict: '' }),
      row('all of another prefix', beside, {
        ratio: beside / alone,
        ...verdict(`≤ ${COST_AT_MOST}`, beside / alone <= COST_AT_MOST),
      }),
    ],
    notes: ['Each write waits for the one before, and is on the replica when it is answered.'],
  };
}

/** Readers that wait, and wait again. */
function readers(url: string, count: number, prefix: string): { readonly ready: Promise<void>; stop(): Promise<void> } {
  let isOver = false;
  let begun = 0;
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  const all = Array.from({ length: count }, async () => {
    let { next } = await changes(url, 'since=now');
    begun++;
    if (begun === count) setTimeout(resolve, 500);
    while (!isOver) ({ next } = await changes(url, `since=${next}&prefix=${prefix}&wait=5`));
  });
  return {
    ready,
    async stop() {
      isOver = true;
      await Promise.all(all);
    },
  };
}
