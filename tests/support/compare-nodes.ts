// Whether two nodes hold the same, key by key; and whether every acknowledged write is accounted for on them.
import type { Write } from './load.ts';

export const PEER_TOKEN = 'tandem-local-peer-token';
const AT_A_TIME = 16;

/** What a node says of a live key, in a read and in the list. */
interface Reading {
  readonly etag: string;
  readonly body: string;
  readonly status: string;
  readonly listed: string;
}

/** @returns every difference between the two nodes, in words; none when they are equal */
export async function compareNodes(primaryUrl: string, replicaUrl: string): Promise<string[]> {
  const [here, there] = await Promise.all([contentsOf(primaryUrl), contentsOf(replicaUrl)]);
  const [ours, theirs] = await Promise.all([digestsOf(primaryUrl), digestsOf(replicaUrl)]);
  const differences: string[] = [];
  for (const key of new Set([...here.keys(), ...there.keys()])) {
    const [a, b] = [here.get(key), there.get(key)];
    if (a === undefined || b === undefined) differences.push(`${key} is only on the ${a ? 'primary' : 'replica'}`);
    else if (a.etag !== b.etag || a.body !== b.body || a.listed !== b.listed)
      differences.push(`${key}: ${a.etag} ${a.body} on the primary, ${b.etag} ${b.body} on the replica`);
    else if (a.status !== 'replicated' || b.status !== 'replica')
      differences.push(`${key} is ${a.status}, ${b.status}`);
  }
  if (ours !== theirs) differences.push(`the digests differ: ${ours} and ${theirs}`);
  return differences;
}

/**
 * @param killed the epochs that ended in a crash: what was only on the primary then may be lost
 * @returns every write that is not accounted for, in words: one that is missing on a node, came out of order, shares
 * its tag with another, or replaced what was replaced already
 */
export async function unaccounted(
  writes: readonly Write[],
  { primary, replica }: Readonly<Record<'primary' | 'replica', { readonly url: string }>>,
  killed: readonly number[] = [],
): Promise<string[]> {
  const problems = [...repeated(writes)];
  const byKey = Map.groupBy(writes, ({ key }) => key);
  await inParallel([...byKey], async ([key, ofKey]) => {
    problems.push(...disordered(ofKey));
    for (const { url } of [primary, replica]) {
      const held = await heldBy(url, key);
      for (const write of ofKey) {
        const mayBeLost = write.replication !== 'replicated' && killed.includes(write.epoch);
        if (!mayBeLost && compare(held, write) < 0) problems.push(`${url} holds ${tagOf(held)}, not ${wordsOf(write)}`);
        if (compare(held, write) === 0 && held.value !== write.value)
          problems.push(`${url} holds the value ${held.value}, not ${wordsOf(write)}`);
      }
    }
  });
  return problems;
}

interface Stamp {
  readonly epoch: number;
  readonly version: number;
}

const compare = (a: Stamp, b: Stamp) => a.epoch - b.epoch || a.version - b.version;
const tagOf = ({ epoch, version }: Stamp) => `"${epoch}-${version}"`;
const wordsOf = ({ key, etag, status, replication, value }: Write) =>
  `${key} ${etag} ${status} ${replication} ${value}`;

/** No two writes have one tag, and no two have replaced the same one and were both replicated. */
function* repeated(writes: readonly Write[]): Generator<string> {
  const tags = new Set<string>();
  const replaced = new Set<string>();
  for (const write of writes) {
    const tag = `${write.key} ${write.etag}`;
    if (tags.has(tag)) yield `${tag} was given twice`;
    tags.add(tag);
    if (write.replaces === undefined || write.replication !== 'replicated') continue;
    const before = `${write.key} ${write.replaces}`;
    if (replaced.has(before)) yield `${before} was replaced twice`;
    replaced.add(before);
  }
}

/** A write that began after another was answered has the newer stamp: across restarts, too. */
function* disordered(ofKey: readonly Write[]): Generator<string> {
  const answers = ofKey.toSorted((a, b) => a.answeredAt - b.answeredAt);
  let newest: Stamp = { epoch: 0, version: 0 };
  let next = 0;
  for (const write of ofKey.toSorted((a, b) => a.startedAt - b.startedAt)) {
    for (; (answers[next]?.answeredAt ?? Number.POSITIVE_INFINITY) < write.startedAt; next++) {
      const answered = answers[next] as Write;
      if (compare(answered, newest) > 0) newest = answered;
    }
    if (compare(write, newest) <= 0) yield `${wordsOf(write)} is not newer than ${tagOf(newest)} before it`;
  }
}

/** The stamp and value a node holds for a key, tombstones included. */
async function heldBy(url: string, key: string): Promise<Stamp & { value?: string }> {
  const { epoch = 0, version = 0, deleted = version === 0 } = await json(`${url}/status/${key}`);
  if (deleted) return { epoch, version };
  return { epoch, version, value: (await json(`${url}/key/${key}`)).value };
}

/** Every live key: all pages of the list, and a read of each. */
async function contentsOf(url: string): Promise<Map<string, Reading>> {
  const contents = new Map<string, Reading>();
  let cursor: string | undefined;
  do {
    const page = await json(`${url}/keys?limit=150${cursor ? `&cursor=${cursor}` : ''}`);
    await inParallel(page.keys as Array<{ key: string; status: string }>, async ({ status, ...listed }) => {
      const read = await fetch(`${url}/key/${encodeURIComponent(listed.key)}`);
      const etag = read.headers.get('etag') as string;
      contents.set(listed.key, { etag, status, body: await read.text(), listed: JSON.stringify(listed) });
    });
    cursor = page.cursor;
  } while (cursor !== undefined);
  return contents;
}

/** The digests of a node: equal exactly when the stamps are, those of tombstones included. */
async function digestsOf(url: string): Promise<string> {
  const headers = { authorization: `Bearer ${PEER_TOKEN}` };
  const { sums, code } = await json(`${url}/digest`, { headers });
  if (!Array.isArray(sums)) throw new Error(`No digests at ${url}: ${code}`);
  return sums.join(' ');
}

// biome-ignore lint/suspicious/noExplicitAny: bodies of every shape
async function json(url: string, init: RequestInit = {}): Promise<any> {
  return (await fetch(url, init)).json();
}

async function inParallel<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const worker = async () => {
    for (const item of left) await act(item);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
}
