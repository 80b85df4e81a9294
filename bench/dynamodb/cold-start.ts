// Cold starts of deployed functions: the store is DynamoDB, tokens come from Parameter Store, the log is JSON. Against a
// handler that only makes a client of the SDK, since every handler that uses DynamoDB has to.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startParameterStore } from '../../tests/support/parameter-store.ts';
import { EMPTY, handlerFile, handlerNames } from '../artifact.ts';
import { type Cold, type Start, startCold } from '../cold-process.ts';
import { firstEvent } from '../first-event.ts';
import { BASE, judged, type Table, unjudged } from '../report.ts';
import { median, ratio, turns } from '../stats.ts';
import { startReplicaStub } from '../stub.ts';
import { deployedEnv, parametersOf, startDynamoDb, TOKENS } from './endpoint.ts';
import { breakdown, loadedTable, type Trace, trace } from './trace.ts';

const ROUNDS = 15;
const WARM_UP_ROUNDS = 2;
const TRACED_ROUNDS = 7;
const TARGET = { atMost: 2.5 };
const SDK_CLIENT = 'sdk-client';
const SHOWN = { client: TOKENS.WRITE_TOKEN, peer: TOKENS.PEER_TOKEN };

type Case = Cold & { readonly name: string; readonly isJudged?: boolean };

export async function measureDeployedStart(): Promise<Table[]> {
  const [stub, dynamodb] = await Promise.all([startReplicaStub(), startDynamoDb()]);
  const parameterStore = await startParameterStore(parametersOf(stub.url));
  const cacheFolder = await mkdtemp(join(tmpdir(), 'tandem-bench-'));
  const tables = { primary: 'tandem-primary', replica: 'tandem-replica' };
  const parts = { dynamodb, peerUrl: stub.url };
  const byParameter = { ...parts, parameterStoreUrl: parameterStore.url };
  const primary = deployedEnv({ role: 'primary', table: tables.primary, ...byParameter });
  const byEnv = deployedEnv({ role: 'primary', table: tables.primary, ...parts });
  const replica = deployedEnv({ role: 'replica', table: tables.replica, ...byParameter });
  const cache = { NODE_COMPILE_CACHE: cacheFolder };
  const of = (name: string, env: NodeJS.ProcessEnv): Cold => ({
    file: handlerFile(name),
    event: firstEvent(name, SHOWN),
    env,
  });
  const cases: Case[] = [
    { name: EMPTY, ...of(EMPTY, primary) },
    { name: SDK_CLIENT, ...of(SDK_CLIENT, primary) },
    ...['get', 'put'].map((name) => ({ name, ...of(name, primary), isJudged: true })),
    { name: 'list', ...of('list', primary) },
    { name: 'replicate, on a replica', ...of('replicate', replica) },
    ...['get', 'put'].map((name) => ({ name: `${name}, tokens in the environment`, ...of(name, byEnv) })),
    ...['get', 'put'].map((name) => ({
      name: `${name}, the same, LOG=silent`,
      ...of(name, { ...byEnv, LOG: 'silent' }),
    })),
    ...[SDK_CLIENT, 'get', 'put'].map((name) => ({
      name: `${name}, NODE_COMPILE_CACHE`,
      ...of(name, { ...primary, ...cache }),
    })),
  ];
  try {
    await Promise.all(Object.values(tables).map(dynamodb.createTable));
    const starts = await inTurn(cases);
    const traces = new Map<string, Trace[]>();
    for (const name of [SDK_CLIENT, 'get', 'put']) traces.set(name, await traced(of(name, primary), TRACED_ROUNDS));
    const loads = new Map<string, Trace>();
    for (const name of await handlerNames()) {
      // With a comparison, so that the scheduled repair asks the replica, and needs its token.
      const env = { ...(name === 'replicate' ? replica : primary), COMPARE_SECONDS: '0' };
      const [first] = await traced(of(name, env), 1);
      loads.set(name, first as Trace);
    }
    return [timeTable(cases, starts), breakdown(traces), await loadedTable(loads)];
  } finally {
    stub.stop();
    dynamodb.stop();
    await parameterStore.stop();
    await rm(cacheFolder, { recursive: true });
  }
}

async function inTurn(cases: readonly Case[]): Promise<Map<string, Start[]>> {
  const starts = new Map<string, Start[]>(cases.map(({ name }) => [name, []]));
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    for (const each of turns(cases, round)) {
      const start = await startCold(each);
      if (round >= 0) starts.get(each.name)?.push(start);
    }
  }
  return starts;
}

async function traced(cold: Cold, rounds: number): Promise<Trace[]> {
  const traces: Trace[] = [];
  while (traces.length < rounds) traces.push(await trace(cold));
  return traces;
}

function timeTable(cases: readonly Case[], starts: ReadonlyMap<string, Start[]>): Table {
  const times = (name: string, part: keyof Start) => (starts.get(name) as Start[]).map((start) => start[part]);
  const against = (name: string, base: string) => ratio(times(name, 'wholeMs'), times(base, 'wholeMs'));
  return {
    title: `Cold start of deployed functions: a fresh Node process each time, in turn, ${ROUNDS} rounds, medians`,
    rows: cases.map(({ name, isJudged }) => ({
      handler: name,
      'process to answer ms': median(times(name, 'wholeMs')),
      'import ms': median(times(name, 'importMs')),
      'first call ms': median(times(name, 'firstCallMs')),
      'of empty': name === EMPTY ? '' : against(name, EMPTY).median.toFixed(2),
      ...(name === EMPTY || name === SDK_CLIENT
        ? BASE
        : isJudged
          ? judged(against(name, SDK_CLIENT), TARGET)
          : unjudged(against(name, SDK_CLIENT))),
    })),
    notes: [
      `The ratio is of the time from the creation of the process to its answer, to ${SDK_CLIENT}: built alike, it makes a client of the SDK and answers.`,
      'DynamoDB is dynalite in another process, over the loopback without TLS. The import includes a DescribeTable, and on the primary no recovery.',
      'Tokens and the URL come from a Parameter Store in this process, but where it says otherwise; LOG is json.',
      'NODE_COMPILE_CACHE: the code is compiled already, by the rounds before.',
    ],
  };
}
