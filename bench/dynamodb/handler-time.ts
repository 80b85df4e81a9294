// What GET and PUT on DynamoDB take, and what log lines and metrics add: handlers called directly, in processes of their
// own that take turns.
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { buildArtifact } from '../artifact.ts';
import { ask } from '../process.ts';
import { BASE, type Cell, type Table, unjudged } from '../report.ts';
import { median, ratio, turns } from '../stats.ts';
import { startReplicaStub } from '../stub.ts';
import { deployedEnv, startDynamoDb } from './endpoint.ts';
import type { CallTimes, Request } from './handler-time-worker.ts';

const TABLE = 'tandem-primary';
const ROUNDS = 25;
const WARM_UP_ROUNDS = 10;
/** Of each setting: two that run the same code still differ by some 5 %. */
const PROCESSES = 3;

const LOGS = { silent: { LOG: 'silent' }, 'json, as deployed': {} } as const;
type Log = keyof typeof LOGS;
const NAMES = Object.keys(LOGS) as Log[];
const REQUESTS: readonly Request[] = ['get', 'put'];

/** Round by round, for each request and setting. */
type Times = Record<Request, Record<Log, CallTimes[]>>;

export async function measureHandlerTime(): Promise<Table[]> {
  await buildArtifact();
  const [stub, dynamodb] = await Promise.all([startReplicaStub(), startDynamoDb()]);
  try {
    await dynamodb.createTable(TABLE);
    const env = deployedEnv({ role: 'primary', dynamodb, table: TABLE, peerUrl: stub.url });
    const none = (): Record<Log, CallTimes[]> => ({ silent: [], 'json, as deployed': [] });
    const times: Times = { get: none(), put: none() };
    for (let i = 0; i < PROCESSES; i++) await measure(env, times);
    return [tableOf(times)];
  } finally {
    stub.stop();
    dynamodb.stop();
  }
}

async function measure(env: Record<string, string>, times: Times): Promise<void> {
  const workers = NAMES.map((name) => [name, startWorker({ ...env, ...LOGS[name] })] as const);
  try {
    for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
      for (const request of REQUESTS) {
        for (const [name, worker] of turns(workers, round)) {
          const taken = await ask<CallTimes>(worker, request);
          if (round >= 0) times[request][name].push(taken);
        }
      }
    }
  } finally {
    for (const [, worker] of workers) if (worker.connected) worker.disconnect();
  }
}

/** What handlers log goes nowhere. */
function startWorker(env: Record<string, string>): ChildProcess {
  return fork(join(import.meta.dirname, 'handler-time-worker.ts'), {
    env,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

function tableOf(times: Times): Table {
  const rows = REQUESTS.flatMap((request) =>
    NAMES.map((log): Record<string, Cell> => {
      const of = (name: Log, part: keyof CallTimes) => times[request][name].map((each) => each[part]);
      const more = (part: keyof CallTimes) => {
        const silent = of('silent', part);
        return log === 'silent' ? '' : median(of(log, part).map((us, i) => us - (silent[i] as number)));
      };
      return {
        request: request === 'get' ? 'GET' : 'PUT, replicated',
        LOG: log,
        'µs a call': median(of(log, 'elapsed')),
        'µs more': more('elapsed'),
        'CPU µs a call': median(of(log, 'cpu')),
        'CPU µs more': more('cpu'),
        ...(log === 'silent' ? BASE : unjudged(ratio(of(log, 'elapsed'), of('silent', 'elapsed')))),
      };
    }),
  );
  return {
    title: `Handlers on DynamoDB, called directly: ${PROCESSES} processes of each setting, in turn, medians`,
    rows,
    notes: [
      'GET is one GetItem, consistent. PUT is two UpdateItems and between them a request to a replica in another process that acknowledges at once.',
      'DynamoDB is dynalite in another process: its time is in every call. The processor time is that of the process of the handlers alone.',
      'Log lines are written to nowhere. Tokens are in the environment: they are looked up once in five minutes.',
    ],
  };
}
