// What a primary in memory says while it recovers: its replica stands still, or the line to it is silent or cut.
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { compareNodes } from '../support/compare-nodes.ts';
import { type HttpLine, startHttpLine } from '../support/http-line.ts';
import { freePorts, type Pair, startPair } from '../support/nodes.ts';
import { getKey, json, putKey, statusOf } from '../support/requests.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';

const COUNT = 2000;
const AT_A_TIME = 20;
/** More than any limit of a single request, if each of them waits half a second for the replica. */
const STATUSES = 12;

let wire: HttpLine;
let line: TcpProxy;
let nodes: Pair;
beforeAll(async () => {
  const [replicaPort] = (await freePorts(1)) as [number];
  wire = await startHttpLine(replicaPort);
  line = await startTcpProxy(Number(new URL(wire.url).port));
  nodes = await startPair({ REPLICA_PORT: `${replicaPort}`, REPLICA_URL: line.url }, { serve: {} });
  for (let i = 1; i <= 10; i++) expect((await putKey(nodes.primary, 'counter', i)).status).toBeLessThan(202);
});
afterEach(() => line.set('none'));
afterAll(async () => {
  await nodes?.stop();
  await line?.stop();
  await wire?.stop();
});

const untilInSync = () => until(async () => (await statusOf(nodes.primary)).inSync);
const createCounter = () => putKey(nodes.primary, 'counter', 'new', { 'if-none-match': '*' });

/** The code of an answer that must be 503. */
async function unavailable(answer: Promise<Response>): Promise<string> {
  const { status, headers } = await answer;
  expect([status, headers.get('retry-after')]).toEqual([503, '1']);
  return (await json(answer)).code;
}

/** Over and over: it recovers, does not know whether its replica is there, and takes nothing for absent. */
async function expectPatience(): Promise<void> {
  for (let i = 0; i < STATUSES; i++) {
    expect(await statusOf(nodes.primary)).toMatchObject({
      state: 'recovering',
      inSync: false,
      replica: { reachable: null },
    });
    expect(await unavailable(getKey(nodes.primary, 'counter'))).toBe('recovering');
    expect(await unavailable(createCounter())).toBe('recovering');
  }
  const { url } = nodes.primary;
  expect((await fetch(`${url}/healthz`)).status).toBe(503);
  for (const path of ['/keys', '/status/counter', '/backlog'])
    expect(await unavailable(fetch(url + path))).toBe('recovering');
}

async function write(from: number, to: number): Promise<void> {
  for (let i = from; i < to; i++) expect((await putKey(nodes.primary, `many/${i}`, i)).status).toBe(201);
}

async function expectAll(from: number, to: number): Promise<void> {
  for (let i = from; i < to; i++)
    expect(await json(getKey(nodes.primary, `many/${i}`))).toMatchObject({ key: `many/${i}`, value: i, version: 1 });
}

async function inParallel(act: (from: number, to: number) => Promise<void>): Promise<void> {
  const share = COUNT / AT_A_TIME;
  await Promise.all(Array.from({ length: AT_A_TIME }, (_, i) => act(i * share, (i + 1) * share)));
}

const killPrimary = () => nodes.primary.stop('SIGKILL');

// Windows has no signals that stop a process and let it go on.
(process.platform === 'win32' ? test.skip : test)(
  'P5 P7 P10 its replica stands still in the middle of a recovery: it goes on waiting, and then has everything',
  async () => {
    await inParallel(write);
    await untilInSync();
    await killPrimary();
    let pages = 0;
    const hold = wire.hold(({ path, message }) => path === '/digest' && message.after !== undefined && ++pages > 2);
    await nodes.primary.launch();
    await until(() => hold.count > 0);
    const before = wire.noted.length;
    process.kill(nodes.replica.pid, 'SIGSTOP');
    try {
      hold.release();
      // The question has been given up by then: it asks again what the replica is.
      await until(() => wire.noted.slice(before).some(({ path }) => path === '/handshake'));
      await expectPatience();
      const { keys } = await statusOf(nodes.primary);
      expect(keys).toBeGreaterThan(0);
      expect(keys).toBeLessThan(COUNT);
    } finally {
      process.kill(nodes.replica.pid, 'SIGCONT');
    }
    await until(async () => (await statusOf(nodes.primary)).state === 'serving');
    await inParallel(expectAll);
    expect(await json(getKey(nodes.primary, 'counter'))).toMatchObject({ value: 10, version: 10 });
    await untilInSync();
    expect(await compareNodes(nodes.primary.url, nodes.replica.url)).toEqual([]);
  },
);

describe('it starts while the line to its replica', () => {
  test('P5 P7 is silent: it waits, and goes on with what was replicated', async () => {
    await untilInSync();
    await line.set('silent');
    await killPrimary();
    await nodes.primary.launch();
    await expectPatience();
    await line.set('none');
    await until(async () => (await statusOf(nodes.primary)).state === 'serving');
    expect((await createCounter()).status).toBe(412);
    const { headers } = await getKey(nodes.primary, 'counter');
    const next = await putKey(nodes.primary, 'counter', 11, { 'if-match': headers.get('etag') as string });
    expect(await json(next)).toMatchObject({ version: 11, status: 'replicated' });
  });

  test('P5 P7 is silent, and an operator has it start: it serves, and takes the rest over once it is heard of', async () => {
    await untilInSync();
    await line.set('silent');
    await killPrimary();
    await nodes.primary.launch();
    expect(await unavailable(promote({}))).toBe('recovering');
    const promoted = await promote({ force: true });
    expect([promoted.status, await json(promoted)]).toEqual([
      200,
      { role: 'primary', mode: 'failover', epoch: expect.any(Number), durationMs: expect.any(Number), atRisk: null },
    ]);
    expect(await statusOf(nodes.primary)).toMatchObject({
      state: 'serving',
      inSync: false,
      replica: { reachable: null },
    });
    expect((await getKey(nodes.primary, 'counter')).status).toBe(404);
    await line.set('none');
    await expectCounterAgain();
  });

  test('P5 P7 is cut for so long that its replica counts as gone: absence counts until it hears of it', async () => {
    await untilInSync();
    await line.set('cut');
    await killPrimary();
    await nodes.primary.start();
    expect((await getKey(nodes.primary, 'counter')).status).toBe(404);
    expect(await statusOf(nodes.primary)).toMatchObject({
      state: 'serving',
      inSync: false,
      replica: { reachable: false, id: null },
    });

    const hold = wire.hold(({ path }) => path === '/digest');
    await line.set('none');
    await until(async () => (await statusOf(nodes.primary)).replica.reachable);
    await until(() => hold.count > 0);
    const { url } = nodes.primary;
    const requests = [
      getKey(nodes.primary, 'counter'),
      fetch(`${url}/status/counter`),
      fetch(`${url}/keys`),
      createCounter(),
      putKey(nodes.primary, 'counter', 12, { 'if-match': '"1-1"' }),
      fetch(`${url}/key/counter`, { method: 'DELETE' }),
    ];
    for (const request of requests) expect(await unavailable(request)).toBe('recovering');
    expect((await fetch(`${url}/key/counter`, { method: 'HEAD' })).status).toBe(503);
    expect(await json(putKey(nodes.primary, 'meanwhile', 1))).toMatchObject({ version: 1 });
    hold.release();
    await expectCounterAgain();
    expect(await json(getKey(nodes.replica, 'meanwhile'))).toMatchObject({ value: 1 });
  });
});

function promote(body: object): Promise<Response> {
  return fetch(`${nodes.primary.url}/promote`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** Once it has heard of the replica it takes the counter for absent no more; then it has it. */
async function expectCounterAgain(): Promise<void> {
  let hasHeard = false;
  await until(async () => {
    const { status } = await getKey(nodes.primary, 'counter');
    hasHeard ||= status === 503;
    if (hasHeard) expect([200, 503]).toContain(status);
    if (status === 404) await statusOf(nodes.primary);
    return status === 200;
  });
  await untilInSync();
  for (const node of [nodes.primary, nodes.replica])
    expect(await json(getKey(node, 'counter'))).toMatchObject({ value: 11, version: 11 });
  expect((await createCounter()).status).toBe(412);
  expect(await compareNodes(nodes.primary.url, nodes.replica.url)).toEqual([]);
}
