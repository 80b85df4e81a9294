// Repairs of nodes on DynamoDB: what memory they take, and what they ask of it, with ten thousand items, with a hundred
// thousand and, if they are equal, with twice as many. Each in new processes, as Lambda may have it.
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { buildArtifact } from '../artifact.ts';
import { ask } from '../process.ts';
import { addReports, type RepairReport } from '../repair.ts';
import type { Table } from '../report.ts';
import { copied, fillBoth, inBacklog, lost, type Place, recordAt, writeAll } from './contents.ts';
import { type BenchDynamoDb, deployedEnv, startDynamoDb, type Usage } from './endpoint.ts';
import type { Memory } from './memory.ts';
import { type Repaired, tablesOf } from './repair-tables.ts';

const SIZES = [10_000, 100_000] as const;
const LARGEST = 200_000;
const DIFFERING = 1000;
const BACKLOG_SHARE = 0.2;
const PRIMARY_TABLE = 'tandem-primary';
/** How long a repair is measured, in milliseconds; of one that is not through by then, the figures so far are told. */
const LIMIT_MS = 120_000;
/** A refill is the same all the way: with the most items it is only begun. */
const REFILL_LIMIT_MS = 30_000;
/** A comparison is over before Node finds that it should collect: so it is made to. */
const COLLECT_MS = 100;

interface Nodes {
  readonly primary: Place & { readonly dynamodb: BenchDynamoDb };
  readonly replica: Place & { readonly dynamodb: BenchDynamoDb };
}

interface Options {
  readonly limitMs?: number;
  /** Of full collections that are asked for. */
  readonly collectEveryMs?: number;
}

type Counts = Pick<RepairReport, 'shipped' | 'pushed' | 'pulled'>;
const NOTHING: Counts = { shipped: 0, pushed: 0, pulled: 0 };

export async function measureRepair(): Promise<Table[]> {
  await buildArtifact();
  const [here, there] = await Promise.all([startDynamoDb(true), startDynamoDb(true)]);
  const withReplica = async (table: string): Promise<Nodes> => {
    await there.createTable(table);
    return {
      primary: { dynamodb: here, client: here.client, table: PRIMARY_TABLE },
      replica: { dynamodb: there, client: there.client, table },
    };
  };
  const all: Repaired[] = [];
  try {
    await here.createTable(PRIMARY_TABLE);
    const repairOf = async (size: number, what: string, nodes: Nodes, expected: Counts, options: Options = {}) => {
      all.push({ size, what, ...(await repaired(nodes, expected, options)) });
    };
    const fill = async (size: number): Promise<Nodes> => {
      const nodes = await withReplica(`tandem-replica-${size}`);
      await fillBoth(nodes.primary, nodes.replica, 0, size);
      await repairOf(size, 'equal', nodes, NOTHING);
      await repairOf(size, 'equal, collecting all the time', nodes, NOTHING, { collectEveryMs: COLLECT_MS });
      return nodes;
    };
    for (const size of SIZES) {
      const backlog = Math.round(size * BACKLOG_SHARE);
      const half = DIFFERING / 2;
      const nodes = await fill(size);
      await makeDiffer(nodes, size);
      await repairOf(size, `${text(DIFFERING)} differ`, nodes, { ...NOTHING, pushed: half, pulled: half });
      await makeBacklog(nodes, backlog);
      await repairOf(size, `a backlog of ${text(backlog)}`, nodes, { ...NOTHING, shipped: backlog });
      const emptied = await withReplica(`tandem-replica-${size}-emptied`);
      const limit = { limitMs: REFILL_LIMIT_MS };
      await repairOf(size, 'the replica is empty', emptied, { ...NOTHING, pushed: size }, limit);
    }
    await fill(LARGEST);
  } finally {
    here.stop();
    there.stop();
  }
  return tablesOf(all);
}

const text = (count: number) => count.toLocaleString('en');

/** Half of them lacking on the replica, half newer there. */
async function makeDiffer({ replica }: Nodes, size: number): Promise<void> {
  const some = Array.from({ length: DIFFERING }, (_, i) => Math.floor((i * size) / DIFFERING));
  await writeAll(
    replica,
    some.map((i, place) => (place % 2 === 0 ? lost(recordAt(i)) : copied(recordAt(i, 2)))),
  );
}

async function makeBacklog({ primary }: Nodes, count: number): Promise<void> {
  await writeAll(
    primary,
    Array.from({ length: count }, (_, i) => inBacklog(recordAt(i, 3))),
  );
}

/**
 * Repairs in new processes, until there is nothing left to do.
 * @throws Error when it got through, and has not done what it should
 */
async function repaired(
  { primary, replica }: Nodes,
  expected: Counts,
  { limitMs = LIMIT_MS, ...rest }: Options,
): Promise<Omit<Repaired, 'size' | 'what'>> {
  const url = (port: number) => `http://127.0.0.1:${port}`;
  const there = startNode(deployedEnv({ role: 'replica', ...replica, peerUrl: url(1) }));
  const peerUrl = url(await ask<number>(there, { serve: true }));
  const here = startNode(deployedEnv({ role: 'primary', ...primary, peerUrl }));
  try {
    await Promise.all([ask(here, { rest }), ask(there, { rest })]);
    const before = await usageOf(primary, replica);
    const started = performance.now();
    let report: RepairReport | undefined;
    do report = addReports(report, await ask<RepairReport>(here, { repair: true }));
    while (report.stoppedBy !== undefined && performance.now() - started < limitMs);
    const ms = performance.now() - started;
    const after = await usageOf(primary, replica);
    if (report.stoppedBy === undefined) assertDone(report, expected);
    const [primaryMemory, replicaMemory] = [
      await ask<Memory>(here, { report: true }),
      await ask<Memory>(there, { report: true }),
    ];
    return { report, ms, before, after, primary: primaryMemory, replica: replicaMemory };
  } finally {
    for (const node of [here, there]) if (node.connected) node.disconnect();
  }
}

function assertDone(report: RepairReport, expected: Counts): void {
  for (const name of ['shipped', 'pushed', 'pulled'] as const) {
    if (report[name] !== expected[name] || report.failed > 0)
      throw new Error(`A repair should have ${name} ${expected[name]}: ${JSON.stringify(report)}`);
  }
}

function startNode(env: Record<string, string>) {
  return fork(join(import.meta.dirname, 'node-worker.ts'), {
    env,
    execArgv: ['--expose-gc'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

async function usageOf(
  primary: Nodes['primary'],
  replica: Nodes['replica'],
): Promise<Record<'primary' | 'replica', Usage>> {
  return { primary: await primary.dynamodb.usage(), replica: await replica.dynamodb.usage() };
}
