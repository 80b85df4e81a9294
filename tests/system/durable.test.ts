// Two real nodes over stores that outlive them, under load: whatever is killed, nothing that was acknowledged is lost.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { compareNodes, unaccounted } from '../support/compare-nodes.ts';
import { type Endpoint, startEndpoint } from '../support/endpoint.ts';
import { type Load, more, startLoad, writeUntilInSync } from '../support/load.ts';
import { type Pair, startPair, type TestNode } from '../support/nodes.ts';
import { getKey, json, putKey, repair, statusOf } from '../support/requests.ts';
import { schemaErrors } from '../support/schema.ts';
import { until } from '../support/until.ts';

/** All keys are read again on both nodes; and the endpoint is busier than a node in memory. */
const LOAD = { keys: 60, pauseMs: 100 };

let endpoint: Endpoint;
let nodes: Pair;
beforeAll(async () => {
  endpoint = await startEndpoint();
  // Whatever heals here was healed by writes, and by the repairs that are asked for.
  nodes = await startPair(endpoint.env, { isScheduled: false, serve: {} });
});
afterAll(async () => {
  await nodes?.stop();
  await endpoint?.remove();
});

const put = (key: string, value: unknown, headers?: Record<string, string>) =>
  putKey(nodes.primary, key, value, headers);

/** Every write that was answered with success is on both nodes, with its value; and they are equal. */
async function expectNothingLost({ writes }: Load): Promise<void> {
  expect(await unaccounted(writes, nodes)).toEqual([]);
  expect(await compareNodes(nodes.primary.url, nodes.replica.url)).toEqual([]);
  // A status gives the other node half a second: on a busy machine it says more than once that it does not know.
  await until(async () => (await statusOf(nodes.primary)).inSync);
  expect(await statusOf(nodes.primary)).toMatchObject({ backlog: { count: 0 } });
}

const OF_A_KILLED_PRIMARY = ['ECONNREFUSED', 'ECONNRESET', 'UND_ERR_SOCKET'];

/** After a primary was killed: nothing else failed, every write is of its epoch, and nothing is lost. */
async function expectEpochContinued(load: Load, epoch: number): Promise<void> {
  for (const { reason } of load.failures) expect(OF_A_KILLED_PRIMARY).toContain(reason);
  expect(new Set(load.writes.map((write) => write.epoch))).toEqual(new Set([epoch]));
  await writeUntilInSync(nodes.primary.url);
  await expectNothingLost(load);
}

test('both say what they keep their records in', async () => {
  // Nobody has compared them yet, so what is not on the replica may be on the primary.
  const states = [
    [nodes.primary, 'serving'],
    [nodes.replica, 'refilling'],
  ] as const;
  for (const [node, state] of states) {
    const body = await statusOf(node);
    expect(body).toMatchObject({ state, store: 'dynamodb', keys: 0 });
    expect(schemaErrors('NodeStatus', body)).toEqual([]);
  }
});

test('P1 16 clients add to one list with If-Match: it holds what each success has added, once, on both nodes', async () => {
  await put('list', []);
  const added: string[] = [];
  /** Where the store does not answer in time, on a busy machine, a write was done once, or not at all. */
  const unknown: string[] = [];
  let tries = 0;
  const client = async () => {
    while (added.length < 30) {
      const read = await getKey(nodes.primary, 'list');
      const { value } = await json(read);
      if (read.status === 503) continue;
      const item = `${++tries}`;
      const written = await put('list', [...value, item], { 'if-match': read.headers.get('etag') as string });
      if (written.ok) added.push(item);
      else if (written.status === 503) unknown.push(item);
      else expect(written.status).toBe(412);
    }
  };
  await Promise.all(Array.from({ length: 16 }, client));
  await repair(nodes.primary);
  const { value } = (await json(getKey(nodes.primary, 'list'))) as { value: string[] };
  const certain = value.filter((item) => !unknown.includes(item));
  expect(certain.toSorted()).toEqual(added.toSorted());
  expect(new Set(value).size).toBe(value.length);
  for (const node of [nodes.primary, nodes.replica])
    expect(await json(getKey(node, 'list'))).toMatchObject({ value, version: value.length + 1 });
});

test('P5 the replica killed under load: its records are there again, and the next writes bring the others', async () => {
  const load = startLoad(nodes.primary.url, LOAD);
  await more(100, load);
  await nodes.replica.stop('SIGKILL');
  await more(50, load, (write) => write.status === 202);
  const { id } = await statusOf(nodes.primary).then(({ replica }) => replica);
  await nodes.replica.start();
  expect((await statusOf(nodes.replica)).id).toBe(id);
  expect((await statusOf(nodes.replica)).keys).toBeGreaterThan(20);
  await more(50, load, (write) => write.status !== 202);
  await load.stop();

  expect(load.failures).toEqual([]);
  await writeUntilInSync(nodes.primary.url);
  await expectNothingLost(load);
});

test('P5 the primary killed with a backlog: every 202 is there again, its epoch goes on, and a repair ships it', async () => {
  const load = startLoad(nodes.primary.url, LOAD);
  await more(100, load);
  await nodes.replica.stop('SIGKILL');
  await more(50, load, (write) => write.status === 202);
  const { epoch } = await statusOf(nodes.primary);
  await nodes.primary.stop('SIGKILL');
  await load.stop();
  await nodes.primary.start();

  for (const { reason } of load.failures) expect(OF_A_KILLED_PRIMARY).toContain(reason);
  expect(await unaccounted(load.writes, { primary: nodes.primary, replica: nodes.primary })).toEqual([]);
  const { backlog, ...rest } = await statusOf(nodes.primary);
  expect(rest).toMatchObject({ epoch, state: 'serving', inSync: false });
  expect(backlog.count).toBeGreaterThanOrEqual(new Set(notCopied(load).map(({ key }) => key)).size);
  for (const { key } of notCopied(load)) {
    expect((await json(fetch(`${nodes.primary.url}/status/${key}`))).status).toMatch(/^(pending|replication_failed)$/);
  }

  await nodes.replica.start();
  expect(await repair(nodes.primary)).toMatchObject({ failed: 0, remaining: 0 });
  await expectNothingLost(load);
});

/** The newest write of each key that has one, if the replica did not acknowledge it. */
function notCopied({ writes }: Load): Load['writes'] {
  const newest = new Map(writes.toSorted((a, b) => a.version - b.version).map((write) => [write.key, write]));
  return [...newest.values()].filter((write) => write.status === 202);
}

test('P5 the primary killed under load: versions and tags go on, and the next writes bring what it left', async () => {
  const load = startLoad(nodes.primary.url, LOAD);
  await more(100, load);
  const { epoch } = await statusOf(nodes.primary);
  await nodes.primary.stop('SIGKILL');
  await nodes.primary.start();
  await more(50, load);
  await load.stop();

  await expectEpochContinued(load, epoch);
});

test('P5 both killed at once under load: nothing is lost, not even what only the primary had', async () => {
  const load = startLoad(nodes.primary.url, LOAD);
  await more(100, load);
  const { epoch } = await statusOf(nodes.primary);
  await Promise.all([nodes.primary.stop('SIGKILL'), nodes.replica.stop('SIGKILL')]);
  await Promise.all([nodes.primary.start(), nodes.replica.start()]);
  await more(50, load, (write) => write.status !== 202);
  await load.stop();

  await expectEpochContinued(load, epoch);
});

test('P1 the endpoint killed under load: 503 with a time to try again, until it is back with all it had', async () => {
  const load = startLoad(nodes.primary.url, LOAD);
  await more(100, load);
  await endpoint.kill();
  const requests: ReadonlyArray<readonly [TestNode, string, RequestInit?]> = [
    [nodes.primary, '/healthz?store=true'],
    [nodes.replica, '/healthz?store=true'],
    [nodes.primary, '/key/list'],
    [nodes.replica, '/key/list'],
    [nodes.primary, '/keys'],
    [nodes.replica, '/keys'],
    [nodes.primary, '/status'],
    [nodes.replica, '/status'],
    [nodes.primary, '/status/list'],
    [nodes.primary, '/key/list', { method: 'DELETE' }],
    [nodes.primary, '/repair', { method: 'POST' }],
  ];
  for (const [{ url }, path, init] of requests) {
    const answer = await fetch(`${url}${path}`, init);
    expect([path, answer.status, answer.headers.get('retry-after')]).toEqual([path, 503, '1']);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await answer.json()).toMatchObject({ code: 'store_unavailable', requestId: expect.any(String) });
  }
  await endpoint.start();
  await more(50, load, (write) => write.status !== 202);
  await load.stop();

  expect(new Set(load.failures.map(({ reason }) => reason))).toEqual(new Set(['store_unavailable']));
  expect((await fetch(`${nodes.replica.url}/healthz?store=true`)).status).toBe(200);
  await writeUntilInSync(nodes.primary.url);
  await expectNothingLost(load);
});

test('P4 200 writes with a fault in between end up equal on both nodes', async () => {
  // Some at a time: none waits so long for the endpoint that it is given up.
  async function write(from: number): Promise<number[]> {
    const statuses: number[] = [];
    for (let i = from; i < from + 100; i += 10) {
      const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => put(`fault-${i + n}`, n)));
      statuses.push(...answers.map(({ status }) => status));
    }
    return statuses;
  }
  const before = await write(0);
  const faults = [{ kind: 'error', keyPrefix: 'fault-', count: 30, ttl: 3600 }];
  await fetch(`${nodes.replica.url}/faults`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ faults }),
  });
  const meanwhile = await write(100);
  expect(before).not.toContain(202);
  // Those that failed are tried again when they are due, and some of them fail once more.
  const failed = meanwhile.filter((status) => status === 202);
  expect(failed.length).toBeGreaterThan(0);
  expect(failed.length).toBeLessThanOrEqual(30);

  expect(await repair(nodes.primary)).toMatchObject({ failed: 0, remaining: 0 });
  expect(await compareNodes(nodes.primary.url, nodes.replica.url)).toEqual([]);
});
