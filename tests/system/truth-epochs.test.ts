// Two primaries of one replica: which of them leads, and what the other is told.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePorts, launchPrimary, type Pair, startPair, startPrimary, type TestNode } from '../support/nodes.ts';
import { getKey, json, putKey, statusOf } from '../support/requests.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';

const SERVED = { serve: {} };
const FROZEN_CLOCK = pathToFileURL(join(import.meta.dirname, '../support/frozen-clock.mjs')).href;

let line: TcpProxy;
let nodes: Pair;
beforeAll(async () => {
  const [replicaPort] = (await freePorts(1)) as [number];
  line = await startTcpProxy(replicaPort);
  nodes = await startPair({ REPLICA_PORT: `${replicaPort}` }, SERVED);
  expect(await json(putKey(nodes.primary, 'k', 'first'))).toMatchObject({ status: 'replicated' });
});
afterAll(async () => {
  await nodes?.stop();
  await line?.stop();
});

/** What whoever has the peer token sends to the replica. @param from the contents id that it gives for its own */
async function sendToReplica(from: string, epoch: number, value: string) {
  const { id: to } = await statusOf(nodes.replica);
  const record = { key: 'k', epoch, version: 9, updatedAt: epoch, value: JSON.stringify(value) };
  const answer = await fetch(`${nodes.replica.url}/replicate`, {
    method: 'POST',
    headers: { authorization: 'Bearer tandem-local-peer-token', 'content-type': 'application/json' },
    body: JSON.stringify({ protocol: 2, from, to, epoch, records: [record] }),
  });
  return { status: answer.status, body: await json(answer) };
}

test('P2 P3 other contents with the epoch of the primary are refused, and told whose it is', async () => {
  const { id, epoch } = await statusOf(nodes.primary);
  expect(await sendToReplica('another', epoch, 'another')).toMatchObject({
    status: 409,
    body: { code: 'stale_epoch', highestEpoch: epoch, begunBy: id },
  });
  expect(await json(getKey(nodes.replica, 'k'))).toMatchObject({ value: 'first', version: 1 });
});

describe('P2 P3 a second primary whose clock gives it the epoch of the first', () => {
  let second: TestNode;
  let epoch: number;
  beforeAll(async () => {
    ({ epoch } = await statusOf(nodes.primary));
    // Nothing that has an epoch reaches it before it begins its own.
    await line.set('silent');
    const atThatTime = { NODE_OPTIONS: `--import ${FROZEN_CLOCK}`, FROZEN_AT: `${epoch}` };
    second = await launchPrimary(line.url, atThatTime, SERVED);
    const promoted = await fetch(`${second.url}/promote`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"force":true}',
    });
    expect(await json(promoted)).toMatchObject({ role: 'primary', epoch });
  });
  afterAll(() => second?.stop());

  test('keeps its writes to itself', async () => {
    for (const key of ['k', 'own']) {
      const written = await json(putKey(second, key, 'second'));
      expect(written).toMatchObject({ version: 1, epoch, status: expect.not.stringContaining('replicated') });
    }
    await line.set('none');
    // The first one that reaches the replica is told so, and from then on it takes none.
    const told = await until(async () => {
      const answer = await putKey(second, 'own', 'again');
      const body = await json(answer);
      expect(body.status).not.toBe('replicated');
      return answer.status === 421 && body;
    });
    expect(told).toMatchObject({ code: 'not_primary' });
    expect(await statusOf(second)).toMatchObject({ role: 'replica' });
    expect((await fetch(`${second.url}/repair`, { method: 'POST' })).status).toBe(421);
    for (const key of ['k', 'own']) {
      const { status } = await json(fetch(`${second.url}/status/${key}`));
      expect([key, status]).toEqual([key, 'replica']);
    }
    expect(await json(getKey(nodes.replica, 'k'))).toMatchObject({ value: 'first', version: 1 });
    expect((await getKey(nodes.replica, 'own')).status).toBe(404);
  });

  test('is no danger for the first one', async () => {
    expect(await json(putKey(nodes.primary, 'k', 'next'))).toMatchObject({ version: 2, epoch, status: 'replicated' });
    expect(await statusOf(nodes.primary)).toMatchObject({ state: 'serving', epoch });
  });
});

test('P2 P3 a replica that is started again learns from its primary that another one was replaced', async () => {
  const replaced = await startPrimary(nodes.replica.url, {}, SERVED);
  try {
    expect(await json(putKey(replaced, 'shared', 1))).toMatchObject({ version: 1, status: 'replicated' });
    await nodes.primary.stop('SIGKILL');
    await nodes.primary.start();
    const { epoch } = await statusOf(nodes.primary);
    expect(epoch).toBeGreaterThan((await statusOf(replaced)).epoch);

    // Neither has written since. The replica forgets which epochs it has seen, and all that it held.
    await nodes.replica.stop('SIGKILL');
    const starting = nodes.replica.start();
    await until(async () => {
      const answer = await putKey(replaced, 'shared', 'late');
      expect((await json(answer)).status).not.toBe('replicated');
      return answer.status === 421;
    });
    await starting;
    await until(async () => (await statusOf(nodes.primary)).inSync);
    expect(await statusOf(replaced)).toMatchObject({ role: 'replica' });
    for (const node of [nodes.primary, nodes.replica])
      expect(await json(getKey(node, 'shared'))).toMatchObject({ value: 1, version: 1 });
  } finally {
    await replaced.stop();
  }
});
