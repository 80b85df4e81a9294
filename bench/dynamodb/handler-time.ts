// What a handler takes above what it asks of others: handlers called directly against the same requests made by hand,
// in one process, in turn.
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { buildArtifact } from '../artifact.ts';
import { ask } from '../process.ts';
import { type Cell, judged, type Table, unjudged } from '../report.ts';
import { median, type Spread, spread } from '../stats.ts';
import { startReplicaStub } from '../stub.ts';
import { deployedEnv, startDynamoDb } from './endpoint.ts';
import type { Measured } from './handler-time-worker.ts';

const TARGET = { atMost: 0.1 };
const TABLE = 'tandem-primary';
/** Of each setting: two that run the same code still differ by some 5 %. */
const PROCESSES = 4;

export async function measureHandlerTime(): Promise<Table[]> {
  await buildArtifact();
  const [stub, dynamodb] = await Promise.all([startReplicaStub(), startDynamoDb()]);
  try {
    await dynamodb.createTable(TABLE);
    const env = deployedEnv({ role: 'primary', dynamodb, table: TABLE, peerUrl: stub.url });
    const settings: Record<string, Measured[]> = { 'json, as deployed': [], silent: [] };
    for (let i = 0; i < PROCESSES; i++) {
      settings['json, as deployed']?.push(await measuredIn(env));
      settings.silent?.push(await measuredIn({ ...env, LOG: 'silent' }));
    }
    return [tableOf(settings)];
  } finally {
    stub.stop();
    dynamodb.stop();
  }
}

/** What handlers log goes nowhere. */
async function measuredIn(env: Record<string, string>): Promise<Measured> {
  const worker = fork(join(import.meta.dirname, 'handler-time-worker.ts'), {
    env,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  try {
    return await ask<Measured>(worker, {});
  } finally {
    worker.disconnect();
  }
}

function tableOf(settings: Readonly<Record<string, Measured[]>>): Table {
  const requests = ['GET', 'PUT, replicated'] as const;
  const rows = Object.entries(settings).flatMap(([log, processes]) =>
    requests.map((request): Record<string, Cell> => {
      const handler = processes.flatMap((measured) => measured[request].handler);
      const byHand = processes.flatMap((measured) => measured[request].byHand);
      const above = (part: 'elapsed' | 'cpu'): Spread =>
        spread(handler.map((times, i) => times[part] / (byHand[i]?.[part] as number) - 1));
      const us = (times: typeof handler, part: 'elapsed' | 'cpu') => median(times.map((each) => each[part]));
      return {
        request,
        LOG: log,
        'handler µs': us(handler, 'elapsed'),
        'by hand µs': us(byHand, 'elapsed'),
        'µs more': median(handler.map(({ elapsed }, i) => elapsed - (byHand[i]?.elapsed as number))),
        'CPU µs': us(handler, 'cpu'),
        'CPU µs by hand': us(byHand, 'cpu'),
        ...(log === 'silent' ? unjudged(above('elapsed')) : judged(above('elapsed'), TARGET)),
      };
    }),
  );
  return {
    title: `Handlers on DynamoDB, called directly, against the same requests by hand: call by call in turn, ${PROCESSES} processes, medians`,
    rows,
    notes: [
      'The ratio is of what the handler takes more to what the requests by hand take, round by round. DynamoDB is dynalite in another process: its time is in both.',
      'GET is one GetItem, consistent. PUT is two UpdateItems and between them a request to a replica in another process that acknowledges at once: by hand the same requests, as the store makes them, made beforehand.',
      'By hand nothing is checked, no token compared, no time limit set, nothing tried again. The processor time is that of this process alone.',
      'Log lines are written to nowhere. Tokens are in the environment: they are looked up once in five minutes.',
    ],
  };
}
