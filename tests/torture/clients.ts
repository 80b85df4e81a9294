// The clients of a run. Each sends one request at a time, and writes down what came of it.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../simulation/random.ts';
import { type Answer, Caller, type CallOptions, NoAnswer } from './call.ts';
import type { Cluster, Member } from './cluster.ts';
import type { Gate } from './gate.ts';
import { type Condition, type Outcome, type Stamp, tagOf } from './history.ts';
import type { RunRecord } from './record.ts';
import { ReplicaReads } from './replica-reads.ts';

/** Nothing was done: the node does not lead yet, or no more. */
const REFUSALS: ReadonlySet<unknown> = new Set(['recovering', 'refilling', 'switching', 'not_primary']);
/** Pause of a client after the primary took no request, in milliseconds. */
const REFUSED_PAUSE_MS = 20;
/** Longest pause of a client between two requests, in milliseconds: the processor is left to the nodes. */
const MAX_PAUSE_MS = 8;

export interface ClientsOptions {
  readonly cluster: Cluster;
  readonly record: RunRecord;
  readonly gate: Gate;
  /** One for each client. */
  readonly randoms: readonly Random[];
  readonly isOver: () => boolean;
}

/** Resolves once all of them have ended. */
export async function runClients({ randoms, ...shared }: ClientsOptions): Promise<void> {
  const reads = new ReplicaReads();
  await Promise.all(randoms.map((random, i) => runClient({ ...shared, random, reads, name: `client ${i + 1}` })));
}

interface Client extends Omit<ClientsOptions, 'randoms'> {
  readonly name: string;
  readonly random: Random;
  readonly reads: ReplicaReads;
}

interface ClientState extends Client {
  readonly caller: Caller;
  /** What it last saw of each key. */
  readonly known: Map<string, Stamp>;
  writes: number;
}

async function runClient(options: Client): Promise<void> {
  const client: ClientState = { ...options, caller: new Caller(), known: new Map(), writes: 0 };
  const { random, gate, record, isOver } = client;
  while (!isOver()) {
    const key = random.pick(record.keys);
    const kind = random.next();
    const isTaken = await gate.pass(async () => {
      if (kind < 0.1) return readReplica(client, key);
      return kind < 0.4 ? read(client, key) : write(client, key, kind);
    });
    record.requests++;
    await sleep(isTaken ? random.int(0, MAX_PAUSE_MS) : REFUSED_PAUSE_MS);
  }
  client.caller.close();
}

/** @returns whether the node took the request */
async function read(client: ClientState, key: string): Promise<boolean> {
  const { cluster, record, name } = client;
  const calledAt = performance.now();
  const { term } = cluster;
  const answer = await ask(client, `${cluster.primary.url}/key/${key}`);
  if (typeof answer === 'string') return answer === 'lost';
  // A former primary answers for itself.
  if (term !== cluster.term) return true;
  const found = foundIn(client, key, answer);
  if (found === undefined) return true;
  if (found.stamp) client.known.set(key, found.stamp);
  record.add(key, { client: name, action: { kind: 'read', ...found }, calledAt, endedAt: performance.now() });
  return true;
}

/** @returns whether the node took the request */
async function readReplica(client: ClientState, key: string): Promise<boolean> {
  const { cluster, record, reads } = client;
  const { term, replica } = cluster;
  const generation = `${replica.life} ${term}`;
  const floor = reads.floorOf(key);
  const answer = await ask(client, `${replica.url}/key/${key}`);
  if (typeof answer === 'string' || generation !== `${replica.life} ${cluster.term}`) return true;
  if (answer.status === 503 && answer.body?.code === 'refilling') return true;
  const found = foundIn(client, key, answer);
  const problem = found && reads.saw(key, generation, floor, found.stamp);
  if (problem) record.violate(`P3 ${key}: ${problem}`, key);
  return true;
}

/** @returns what the answer to a read shows; `undefined` for an answer that no read should get */
function foundIn({ record }: ClientState, key: string, { status, headers, body }: Answer) {
  if (status === 404 && body?.code === 'key_not_found') return { value: undefined };
  if (status !== 200) {
    record.violate(`a read of ${key} was answered ${status} ${JSON.stringify(body)}`, key);
    return undefined;
  }
  const stamp: Stamp = { epoch: body.epoch, version: body.version };
  if (headers.etag !== tagOf(stamp)) record.violate(`${key}: the tag ${headers.etag} is not the stamp ${tagOf(stamp)}`);
  record.seen(key, tagOf(stamp), body.value);
  return { value: body.value as string, stamp };
}

/** @returns whether the node took the request */
async function write(client: ClientState, key: string, kind: number): Promise<boolean> {
  const { cluster, record, name } = client;
  const isDeletion = kind > 0.88;
  const value = isDeletion ? undefined : `${name.replace('client ', 'c')}-${++client.writes}`;
  const condition = conditionFor(client, key);
  const { primary, replica, term } = cluster;
  const before = { calledAt: performance.now(), primary: primary.life, replica: replica.life };
  const answer = await ask(client, `${primary.url}/key/${key}`, {
    method: isDeletion ? 'DELETE' : 'PUT',
    headers: { 'content-type': 'application/json', ...headersOf(condition) },
    ...(!isDeletion && { body: JSON.stringify({ value }) }),
  });
  if (answer === 'not taken') return false;
  // Of what a former primary has stored nobody knows whether the present one has heard.
  const isStale = term !== cluster.term;
  const outcome = isStale ? ({ kind: 'unknown' } as const) : outcomeOf(client, key, answer, isDeletion);
  const endedAt = outcome.kind === 'unknown' ? endOfUnknown(primary, before.calledAt) : performance.now();
  const action = { kind: 'write', value, outcome, ...(condition && { condition }) } as const;
  record.add(key, { client: name, action, calledAt: before.calledAt, endedAt });
  if (outcome.kind !== 'done') return true;
  const { stamp, isReplicated } = outcome;
  client.known.set(key, stamp);
  if (value !== undefined) record.seen(key, tagOf(stamp), value);
  if (before.primary === primary.life) record.acknowledge(key, { stamp, isReplicated, endedAt, life: before.primary });
  if (isReplicated) await checkReplicated(client, key, stamp, before);
  return true;
}

function conditionFor({ random, known }: ClientState, key: string): Condition | undefined {
  const kind = random.next();
  const stamp = known.get(key);
  if (kind < 0.15) return { ifNoneMatch: '*' };
  return kind < 0.5 && stamp ? { ifMatch: stamp } : undefined;
}

function headersOf(condition: Condition | undefined): Record<string, string> {
  if (condition === undefined) return {};
  return 'ifMatch' in condition ? { 'if-match': tagOf(condition.ifMatch) } : { 'if-none-match': '*' };
}

/** Until when a write may have taken effect. One whose process is being killed now is ended with it: `endUnknown`. */
function endOfUnknown(primary: Member, calledAt: number): number {
  return primary.spawnedAt > calledAt ? primary.spawnedAt : Number.POSITIVE_INFINITY;
}

function outcomeOf({ record }: ClientState, key: string, answer: Answer | 'lost', isDeletion: boolean): Outcome {
  if (answer === 'lost') return { kind: 'unknown' };
  const { status, headers, body } = answer;
  if (status === 200 || status === 201 || status === 202) {
    const stamp: Stamp = { epoch: body.epoch, version: body.version };
    const isReplicated = body.status === 'replicated';
    if (isReplicated === (status === 202)) record.violate(`${key}: ${status} contradicts ${body.status}`, key);
    if (headers.etag !== tagOf(stamp)) record.violate(`${key}: the tag ${headers.etag} is not ${tagOf(stamp)}`, key);
    return { kind: 'done', stamp, isReplicated, ...(!isDeletion && status !== 202 && { created: status === 201 }) };
  }
  if (status === 412) return { kind: 'refused', currentVersion: body.currentVersion };
  if (status === 404 && isDeletion) return { kind: 'nothing' };
  if (status !== 503) record.violate(`a write of ${key} was answered ${status} ${JSON.stringify(body)}`, key);
  return { kind: 'unknown' };
}

/** P2: what was answered `replicated` is on the replica at once. */
async function checkReplicated(
  client: ClientState,
  key: string,
  stamp: Stamp,
  before: { readonly calledAt: number; readonly replica: string },
): Promise<void> {
  const { cluster, record } = client;
  const { replica } = cluster;
  if (replica.life !== before.replica) return;
  if (replica.goneAt !== undefined && replica.goneAt < before.calledAt)
    record.violate(`P2 ${key}: ${tagOf(stamp)} was answered replicated while there was no replica`, key);
  const answer = await ask(client, `${replica.url}/key/${key}?at_least=${encodeURIComponent(tagOf(stamp))}`);
  if (typeof answer === 'string' || replica.life !== before.replica) return;
  if (answer.status === 503 && answer.body?.code === 'not_yet_replicated')
    record.violate(`P2 ${key}: ${tagOf(stamp)} was answered replicated, and is not on the replica`, key);
}

/** `lost`: nobody knows whether the request arrived. `not taken`: it did not, or was refused before anything was done. */
async function ask(
  { caller, record }: ClientState,
  url: string,
  options?: CallOptions,
): Promise<Answer | 'lost' | 'not taken'> {
  try {
    const answer = await caller.call(url, options);
    return REFUSALS.has(answer.body?.code) && answer.status !== 200 ? 'not taken' : answer;
  } catch (error) {
    if (error instanceof SyntaxError) record.violate(`P8 ${url} was answered with what is no JSON: ${error.message}`);
    else if (!(error instanceof NoAnswer)) throw error;
    return error instanceof NoAnswer && error.wasRefused ? 'not taken' : 'lost';
  }
}
