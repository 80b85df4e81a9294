// One run: requests that a seed makes up, to both nodes and in both ways, each answer checked; then the nodes must be
// identical, and as large as before.
import { createRandom } from '../simulation/random.ts';
import { compareNodes } from '../support/compare-nodes.ts';
import { heapBytes } from '../support/heap.ts';
import { problemsOf } from './check.ts';
import { Findings } from './findings.ts';
import { type Disguise, type FuzzedNode, type FuzzedPair, startFuzzedPair } from './pair.ts';
import { type FuzzRequest, type Learned, RequestMaker } from './requests.ts';
import { type FuzzAnswer, sendAsBytes, sendAsEvent } from './send.ts';

export interface FuzzOptions {
  /** The folder of the built artifact. */
  readonly artifact: string;
  readonly seed: number;
  /** Requests to each node in each way. */
  readonly requests: number;
  readonly disguise?: Disguise;
  /** Is told how far it is. */
  readonly tell?: (line: string) => void;
}

export interface FuzzReport {
  /** How many answers there were with each status. */
  readonly statuses: ReadonlyMap<number, number>;
  /** What was found, with the request that shows it. */
  readonly findings: readonly string[];
  /** The heap at the end as a multiple of what it was after the first part, both after a collection of garbage. */
  readonly growth: number;
}

/** The heap is measured first when this part of the requests is done: all code is compiled by then. */
const WARM = 0.3;
/** How much larger the heap may be then, in times and in bytes. */
const MAX_GROWTH = 1.5;
const MAX_GROWTH_BYTES = 40 * 1024 * 1024;
const MAX_LEARNED = 30;
/** After so many requests it is looked who leads: some of them say that somebody else does. */
const LOOK_EVERY = 20;
/** How often the pair is repaired until it must be in sync. */
const REPAIRS = 20;

export async function fuzz({ artifact, seed, requests, disguise, tell = () => {} }: FuzzOptions): Promise<FuzzReport> {
  const findings = new Findings();
  const statuses = new Map<number, number>();
  const uncaught = (error: unknown) => findings.add(`nobody caught this: ${(error as Error)?.stack ?? error}`);
  process.on('unhandledRejection', uncaught);
  process.on('uncaughtException', uncaught);
  const log = takeLog();
  const pair = await startFuzzedPair(artifact, disguise);
  try {
    await settle(pair);
    const random = createRandom(seed);
    const learned: Learned = { etags: [], cursors: [], ids: [], epochs: [] };
    const maker = new RequestMaker(random, learned);
    let warmBytes = 0;
    for (let i = 0; i < requests && !findings.isFull; i++) {
      if (i % LOOK_EVERY === 0) await look(pair, learned);
      if (i === Math.floor(requests * WARM)) warmBytes = heapBytes();
      if (i % 10_000 === 9999) tell(`${i + 1} of ${requests} requests to each node in each way`);
      for (const node of [pair.primary, pair.replica]) {
        for (const way of [asEvent, asBytes]) {
          const request = maker.next();
          for (const { answer, problems } of await way(node, request, random)) {
            if (answer) statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
            if (answer) learn(answer, learned);
            const reasons = log.errors.splice(0);
            for (const problem of problems) findings.add(problem, wordsOf(node, request, answer), ...reasons);
          }
        }
      }
    }
    const growth = heapBytes() / warmBytes;
    if (growth > MAX_GROWTH && heapBytes() > warmBytes + MAX_GROWTH_BYTES)
      findings.add(`the heap has grown from ${warmBytes} to ${heapBytes()} bytes`);
    for (const difference of await settle(pair)) findings.add(difference);
    return { statuses, findings: findings.list, growth };
  } finally {
    process.off('unhandledRejection', uncaught);
    process.off('uncaughtException', uncaught);
    log.giveBack();
    await pair.stop();
  }
}

interface Checked {
  readonly answer?: FuzzAnswer;
  readonly problems: readonly string[];
}

type Way = (node: FuzzedNode, request: FuzzRequest, random: ReturnType<typeof createRandom>) => Promise<Checked[]>;

const asEvent: Way = async (node, request, random) => {
  try {
    const answer = await sendAsEvent(node, request, random);
    return answer ? [{ answer, problems: problemsOf(request, answer, true) }] : [];
  } catch (error) {
    return [{ problems: [`the function failed: ${(error as Error).stack}`] }];
  }
};

const asBytes: Way = async (node, request, random) => {
  try {
    const { answers, isWhole } = await sendAsBytes(node, request, random);
    if (isWhole && answers.length !== 1) return [{ problems: [`there were ${answers.length} answers`] }];
    return answers.map((answer) => ({ answer, problems: problemsOf(request, answer, isWhole) }));
  } catch (error) {
    return [{ problems: [(error as Error).message] }];
  }
};

/** Etags and cursors that are right now lead further than what is made up. */
function learn({ headers, body }: FuzzAnswer, { etags, cursors }: Learned): void {
  keep(etags, headers.etag);
  if (body.includes('"cursor"')) keep(cursors, JSON.parse(body).cursor);
}

function keep<T>(list: T[], item: T | undefined): void {
  if (item === undefined || list.includes(item)) return;
  list.push(item);
  if (list.length > MAX_LEARNED) list.shift();
}

/** What the nodes say of themselves; one of them is made to lead, if none does. */
async function look({ primary, replica }: FuzzedPair, { ids, epochs }: Learned): Promise<void> {
  const roles: string[] = [];
  for (const { url } of [primary, replica]) {
    const { role, id, epoch, highestEpoch = epoch } = await ask(`${url}/status`);
    roles.push(role);
    keep(ids, id);
    keep(epochs, highestEpoch || undefined);
  }
  epochs.sort((a, b) => a - b);
  if (!roles.includes('primary')) await ask(`${primary.url}/promote`, 'POST', '{"force":true}');
}

/** The log of the nodes: what they refuse fills it. Of the failures the reasons are kept. */
function takeLog(): { readonly errors: string[]; giveBack(): void } {
  const { warn, error } = console;
  const errors: string[] = [];
  console.warn = () => {};
  console.error = (...parts: unknown[]) => errors.push(parts.map(String).join(' '));
  return { errors, giveBack: () => void Object.assign(console, { warn, error }) };
}

/** Has the first node lead, and repairs until both are in sync. @returns what keeps them from being identical */
async function settle({ primary, replica }: FuzzedPair): Promise<string[]> {
  let last: unknown;
  for (const { url } of [primary, replica]) await ask(`${url}/faults`, 'DELETE');
  for (let i = 0; i < REPAIRS; i++) {
    const { role, state } = await ask(`${primary.url}/status`);
    if (role !== 'primary' || state === 'recovering')
      last = await ask(`${primary.url}/promote`, 'POST', '{"force":true}');
    last = await ask(`${primary.url}/repair`, 'POST');
    await deleteFailing(primary);
    const status = await ask(`${primary.url}/status`);
    if (status.inSync === true) return compareNodes(primary.url, replica.url);
  }
  const seen = [last, await ask(`${primary.url}/status`), await ask(`${primary.url}/backlog`)];
  return [`P4 the nodes are not in sync: ${seen.map((body) => JSON.stringify(body)).join(', ')}`];
}

/** A replica never takes `__fail__`. */
async function deleteFailing({ url }: FuzzedNode): Promise<void> {
  const { records = [] } = await ask(`${url}/backlog`);
  for (const { key, divergent } of records)
    if (!divergent) await ask(`${url}/key/${encodeURIComponent(key)}`, 'DELETE');
}

// biome-ignore lint/suspicious/noExplicitAny: bodies of every shape
async function ask(url: string, method = 'GET', body?: string): Promise<any> {
  const headers = { 'content-type': 'application/json' };
  return (await fetch(url, { method, ...(body !== undefined && { headers, body }) })).json();
}

/** The request, to be sent again. */
function wordsOf(
  { name }: FuzzedNode,
  { method, target, headers, body }: FuzzRequest,
  answer: FuzzAnswer | undefined,
): string {
  const sent = body === undefined ? '' : ` ${JSON.stringify(body.toString()).slice(0, 2000)}`;
  const got = answer === undefined ? '' : `\n  → ${answer.status} ${answer.body.slice(0, 500)}`;
  return `${name}: ${method} ${target} ${JSON.stringify(headers)}${sent}${got}`;
}
