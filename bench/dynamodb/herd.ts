// What seven processes of a primary send that find the replica answering at one moment, after an outage in which each has
// left records to the backlog.
import { dynamoDbStore } from '../../lib/store/dynamodb/store.ts';
import { type DurableStore, startProcess } from '../../tests/support/process.ts';
import { RETENTION_MS, TestClock, TestPeer } from '../../tests/support/replication.ts';
import { until } from '../../tests/support/until.ts';
import { judged, type Table } from '../report.ts';
import { spread } from '../stats.ts';
import { type BenchDynamoDb, CREDENTIALS, REGION, startDynamoDb } from './endpoint.ts';

const PROCESSES = 7;
const OWED = 600;
const ROUNDS = 3;
const AFTER_BACKOFF_MS = 60_000;
const REPAIR_LIMIT_MS = 60_000;

interface Sent {
  readonly perRecord: number;
  readonly seconds: number;
}

export async function measureHerd(): Promise<Table[]> {
  const dynamodb = await startDynamoDb();
  try {
    const found: Sent[] = [];
    for (let round = 0; round < ROUNDS; round++) found.push(await sentByHerd(dynamodb, round));
    return [tableOf(found)];
  } finally {
    dynamodb.stop();
  }
}

async function sentByHerd(dynamodb: BenchDynamoDb, round: number): Promise<Sent> {
  const store = await open(dynamodb, `herd-primary-${round}`, false);
  const [peer, clock] = [new TestPeer(await open(dynamodb, `herd-replica-${round}`, true)), new TestClock()];
  const processes = await Promise.all(Array.from({ length: PROCESSES }, () => startProcess(store, peer, clock)));
  for (const { put, primary } of processes) {
    await put('known');
    await primary.repair(REPAIR_LIMIT_MS, 0);
  }
  peer.down = 'replica unreachable';
  for (let i = 0; i < OWED; i++) await processes[i % PROCESSES]?.put(`owed/${i}`);
  peer.down = undefined;
  clock.time += AFTER_BACKOFF_MS;
  const from = peer.batches.length;
  const began = performance.now();
  await Promise.all(processes.map(({ put }, i) => put(`new/${i}`)));
  await until(async () => (await store.backlogSize()).count === 0);
  const seconds = (performance.now() - began) / 1000;
  const keys = peer.batches.slice(from).flatMap(({ records }) => records.map(({ key }) => key));
  const sent = keys.filter((key) => key.startsWith('owed/'));
  if (new Set(sent).size !== OWED) throw new Error(`${new Set(sent).size} of ${OWED} records were sent.`);
  return { perRecord: sent.length / OWED, seconds };
}

async function open(dynamodb: BenchDynamoDb, table: string, isReplica: boolean): Promise<DurableStore> {
  await dynamodb.createTable(table);
  const place = { table, endpoint: dynamodb.url, region: REGION, credentials: CREDENTIALS };
  const store = await dynamoDbStore({ ...place, isReplica: () => isReplica, retentionMs: RETENTION_MS });
  if (!store.nodeState) throw new Error('A store on DynamoDB keeps no node state.');
  return Object.assign(store, { nodeState: store.nodeState });
}

function tableOf(found: readonly Sent[]): Table {
  return {
    title: `${PROCESSES} processes that heal ${OWED} records at one moment, on DynamoDB`,
    rows: found.map(({ perRecord, seconds }, round) => ({
      round: round + 1,
      s: seconds,
      ...judged(spread([perRecord]), { atMost: 1.1 }),
    })),
    notes: ['The ratio is of records sent to records owed. The replica is in the same process, its table another one.'],
  };
}
