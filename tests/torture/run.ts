// One run: a pair of real processes, clients, faults one after the other, and then the checks. Everything that is chosen
// comes from the seed; what the processes make of it does not.
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom, type Random } from '../simulation/random.ts';
import { Caller, NoAnswer } from './call.ts';
import { checkAtTheEnd, checkHistories } from './check.ts';
import { runClients } from './clients.ts';
import { type Cluster, type ClusterOptions, type Member, startCluster } from './cluster.ts';
import { Gate } from './gate.ts';
import { FAULTS, faultNamed } from './nemesis.ts';
import { RunRecord } from './record.ts';
import { look, watchStatus } from './watch.ts';

export interface RunOptions extends ClusterOptions {
  readonly seed: number;
  /** How many faults there are, one after the other. */
  readonly rounds: number;
  /** By name; each is as likely as each other. Absent: all. */
  readonly faults?: readonly string[] | undefined;
  /** Is told what happens. */
  readonly tell?: (line: string) => void;
}

/** Requests of a round, at least. */
const REQUESTS_PER_ROUND = 250;
/** How long the pair may take to be in sync again after all faults have ended, in milliseconds: a repair comes each minute. */
const HEAL_LIMIT_MS = 120_000;
const HEAL_PAUSE_MS = 50;

interface Run {
  readonly cluster: Cluster;
  readonly record: RunRecord;
  readonly gate: Gate;
  readonly random: Random;
  readonly tell: (line: string) => void;
  readonly isOver: () => boolean;
}

/** @returns what happened, violations included */
export async function torture(options: RunOptions): Promise<RunRecord> {
  const { seed, rounds, faults = Object.keys(FAULTS), tell = () => {} } = options;
  const random = createRandom(seed);
  const keys = Array.from({ length: random.int(2, 5) }, (_, i) => `key-${i + 1}`);
  const clients = random.int(8, 32);
  const record = new RunRecord(keys);
  const plan = Array.from({ length: rounds }, () => random.pick(faults));
  tell(`seed ${seed}: ${clients} clients, ${keys.length} keys, ${plan.join(', ')}`);
  const cluster = await startCluster(options);
  let isOver = false;
  const shared = { cluster, record, gate: new Gate(), isOver: () => isOver };
  const run: Run = { ...shared, random, tell };
  const randoms = Array.from({ length: clients }, (_, i) => createRandom(seed * 1000 + i + 1));
  const end = () => {
    isOver = true;
    run.gate.open();
  };
  try {
    // Whichever ends first ends the others, and no fault is left half done.
    const parts = [inflictAll(run, plan), runClients({ ...shared, randoms }), watchStatus(shared)];
    for (const part of await Promise.allSettled(parts.map((each) => each.finally(end))))
      if (part.status === 'rejected') throw part.reason;
    if (record.violations.length === 0 && (await settle(run))) await checkAtTheEnd(cluster, record);
    checkHistories(record);
    return record;
  } finally {
    await cluster.stop();
  }
}

/** Ends early with the first violation: what follows would only hide it. */
async function inflictAll(run: Run, plan: readonly string[]): Promise<void> {
  const { cluster, record, random, tell } = run;
  const startedAt = performance.now();
  let killed: Member | undefined;
  for (const name of plan) {
    const target = record.requests + REQUESTS_PER_ROUND;
    const fault = faultNamed(name);
    const kills = fault.kills && cluster[fault.kills];
    if (kills && killed && killed !== kills) {
      await run.gate.close();
      if (!(await settle(run))) return;
      run.gate.open();
      killed = undefined;
    }
    await untilRequests(run, record.requests + random.int(10, REQUESTS_PER_ROUND / 2));
    if (run.isOver()) return;
    tell(`${((performance.now() - startedAt) / 1000).toFixed(1)} s, ${record.requests} requests: ${name}`);
    await fault.inflict(cluster, random, record);
    killed = kills ?? killed;
    await untilRequests(run, target);
    if (record.violations.length > 0) return;
  }
}

async function untilRequests({ record, isOver }: Run, count: number): Promise<void> {
  while (record.requests < count && !isOver()) await sleep(5);
}

/** Writes, one at a time, until the primary says that both nodes are in sync. @returns whether it came to say so */
async function settle({ cluster, record }: Run): Promise<boolean> {
  const caller = new Caller();
  const end = performance.now() + HEAL_LIMIT_MS;
  try {
    while (performance.now() < end) {
      await write(cluster, caller);
      if (await look({ cluster, record }, caller)) return true;
      await sleep(HEAL_PAUSE_MS);
    }
    record.violate(`P4 the pair is not in sync ${HEAL_LIMIT_MS / 1000} s after the last fault`);
    return false;
  } finally {
    caller.close();
  }
}

async function write({ primary }: Cluster, caller: Caller): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  try {
    await caller.call(`${primary.url}/key/settle`, { method: 'PUT', headers, body: '{"value":"next"}' });
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
  }
}
