// What a pair says is true beside a replica that loses its contents: processes are killed, and lines hold messages back.
// A herd of processes that repair over one durable store: tests/unit/store/dynamodb/herd.test.ts.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type HttpLine, type Noted, startHttpLine } from '../support/http-line.ts';
import { freePorts, type Pair, startPair } from '../support/nodes.ts';
import { getKey, json, putKey, statusOf } from '../support/requests.ts';
import { until } from '../support/until.ts';

const KEYS = Array.from({ length: 40 }, (_, i) => `mine/${i}`);
const AS_PEER = { authorization: 'Bearer tandem-local-peer-token', 'content-type': 'application/json' };

let toReplica: HttpLine;
let toPrimary: HttpLine;
let nodes: Pair;
beforeAll(async () => {
  const [primaryPort, replicaPort] = (await freePorts(2)) as [number, number];
  toReplica = await startHttpLine(replicaPort);
  toPrimary = await startHttpLine(primaryPort);
  nodes = await startPair(
    {
      PRIMARY_PORT: `${primaryPort}`,
      REPLICA_PORT: `${replicaPort}`,
      REPLICA_URL: toReplica.url,
      PRIMARY_URL: toPrimary.url,
    },
    { serve: {} },
  );
  for (const key of KEYS) expect((await putKey(nodes.primary, key, key)).status).toBe(201);
  await untilInSync();
});
afterAll(async () => {
  await nodes?.stop();
  await Promise.all([toReplica?.stop(), toPrimary?.stop()]);
});

const carriesRecords = ({ path, message }: Noted) => path === '/replicate' && message.records.length > 0;
const carries = (key: string) => (request: Noted) =>
  carriesRecords(request) && request.message.records.some((record: { key: string }) => record.key === key);
const keyStatus = async (key: string) => (await json(fetch(`${nodes.primary.url}/status/${key}`))).status;

const untilInSync = () => until(async () => (await statusOf(nodes.primary)).inSync);

async function presentKeys(): Promise<string[]> {
  const answers = await Promise.all(KEYS.map((key) => getKey(nodes.replica, key)));
  return KEYS.filter((_, i) => answers[i]?.status === 200);
}

function deleteKey(key: string): Promise<Response> {
  return fetch(`${nodes.primary.url}/key/${key}`, { method: 'DELETE' });
}

/** @param body text, as it was sent @returns the status and body of the answer */
async function sendToReplica(body: string) {
  const answer = await fetch(`${nodes.replica.url}/replicate`, { method: 'POST', headers: AS_PEER, body });
  return { status: answer.status, body: await json(answer) };
}

/** As the primary would send it to the present contents. @param rest of the batch */
async function sendAsPrimary(rest: object) {
  const [{ id: from, epoch }, { id: to }] = await Promise.all([statusOf(nodes.primary), statusOf(nodes.replica)]);
  return sendToReplica(JSON.stringify({ protocol: 2, from, to, epoch, ...rest }));
}

describe('a replica that is killed, and comes back without its contents', () => {
  test('P10 while there is none, the status says so', async () => {
    await nodes.replica.stop('SIGKILL');
    const goneAt = Date.now();
    // An answer of the last second counts; from then on it is not reachable.
    const status = await until(async () => {
      const seen = await statusOf(nodes.primary);
      return Date.parse(seen.checkedAt) > goneAt && seen;
    });
    expect(status).toMatchObject({ state: 'serving', inSync: false, inSyncSince: null, replica: { reachable: false } });
  });

  test('P2 P7 P10 nothing that it lacks is said to be there, until it is', async () => {
    const first = toReplica.noted.length;
    let batches = 0;
    const hold = toReplica.hold((request) => carriesRecords(request) && ++batches > 1);
    await nodes.replica.start();
    await until(() => hold.count > 0);

    await until(async () => (await presentKeys()).length > 0);
    const present = await presentKeys();
    const absent = KEYS.filter((key) => !present.includes(key));
    expect(absent.length).toBeGreaterThan(0);
    expect(await statusOf(nodes.primary)).toMatchObject({ inSync: false, replica: { state: 'refilling' } });
    for (const key of absent) expect([key, await keyStatus(key)]).toEqual([key, 'pending']);
    await expectRefilling(present[0] as string, absent[0] as string);

    hold.release();
    // Whenever it says that both are in sync, the replica of this moment has all of it.
    await until(async () => {
      const { inSync } = await statusOf(nodes.primary);
      if (inSync) expect(await presentKeys()).toEqual(KEYS);
      return inSync;
    });
    for (const key of KEYS) expect([key, await keyStatus(key)]).toEqual([key, 'replicated']);
    const { id } = await statusOf(nodes.replica);
    const shipped = toReplica.noted.slice(first).filter(carriesRecords);
    expect(new Set(shipped.map(({ message }) => message.to))).toEqual(new Set([id]));
  });

  test('P5 a primary that is killed right after that has all of it again', async () => {
    await nodes.primary.stop('SIGKILL');
    await nodes.primary.start();
    for (const key of KEYS) expect(await json(getKey(nodes.primary, key))).toMatchObject({ value: key, version: 1 });
  });

  test('P4 P7 killed again while it is being refilled, it is refilled anew with its first word', async () => {
    await nodes.replica.stop('SIGKILL');
    let batches = 0;
    const hold = toReplica.hold((request) => carriesRecords(request) && ++batches > 1);
    await nodes.replica.start();
    await until(() => hold.count > 0);
    await nodes.replica.stop('SIGKILL');
    hold.release();

    const [before, said] = [toReplica.noted.length, toPrimary.noted.length];
    const words = () =>
      toPrimary.noted.slice(said).filter(({ path, message }) => path === '/handshake' && message.role === 'replica');
    let wordsBefore: number | undefined;
    await nodes.replica.launch();
    await until(() => {
      const [word] = words();
      const isAsked = toReplica.noted.slice(before).some(({ message }) => word && message.to === word.message.id);
      if (isAsked) wordsBefore ??= words().length;
      return isAsked;
    });
    // It says it every other second until it is full: a refill that waits would come after many of these.
    expect(wordsBefore).toBe(1);
    await until(async () => (await presentKeys()).length === KEYS.length);
  });
});

/** A replica that is being refilled: what is not there may be on the primary. */
async function expectRefilling(present: string, absent: string): Promise<void> {
  const { url } = nodes.replica;
  expect(await json(getKey(nodes.replica, present))).toMatchObject({ value: present });
  expect((await fetch(`${url}/key/${present}`, { method: 'HEAD' })).status).toBe(200);
  expect(await json(fetch(`${url}/status/${present}`))).toMatchObject({ status: 'replica' });
  for (const path of [`/key/${absent}`, '/key/never-written', `/status/${absent}`, '/keys']) {
    const answer = await fetch(url + path);
    expect([path, answer.status, (await json(answer)).code]).toEqual([path, 503, 'refilling']);
    expect(answer.headers.get('retry-after')).not.toBeNull();
    expect([path, (await fetch(url + path, { method: 'HEAD' })).status]).toEqual([path, 503]);
  }
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
}

describe('a message that a network has kept', () => {
  test('P3 to contents that are gone is refused, and brings back nothing', async () => {
    await putKey(nodes.primary, 'kept', 1);
    const kept = toReplica.noted.findLast(carries('kept')) as Noted;
    expect(await json(deleteKey('kept'))).toMatchObject({ status: 'replicated' });
    expect((await getKey(nodes.replica, 'kept')).status).toBe(404);
    // The contents that it is for have a newer record. Where they had forgotten that, tests/unit/replication/replica.test.ts.
    expect(await sendToReplica(kept.body)).toMatchObject({
      status: 200,
      body: { answers: [{ outcome: 'superseded' }] },
    });
    expect((await getKey(nodes.replica, 'kept')).status).toBe(404);

    await nodes.replica.stop('SIGKILL');
    await nodes.replica.start();
    const { id } = await statusOf(nodes.replica);
    expect(await sendToReplica(kept.body)).toMatchObject({ status: 409, body: { code: 'other_contents', id } });
    await untilInSync();
    expect(await sendToReplica(kept.body)).toMatchObject({ status: 409, body: { code: 'other_contents', id } });
    expect((await getKey(nodes.replica, 'kept')).status).toBe(404);
  });

  test('P3 the same where it is still under way while the replica is killed and started', async () => {
    const hold = toReplica.hold(carries('late'));
    const written = putKey(nodes.primary, 'late', 1);
    await until(() => hold.count > 0);
    await nodes.replica.stop('SIGKILL');
    await nodes.replica.start();
    hold.release();
    // Refused by the new contents, it is sent to these; or a repair has brought it there.
    expect((await json(written)).key).toBe('late');
    await untilInSync();
    expect(await keyStatus('late')).toBe('replicated');
    expect(await json(getKey(nodes.replica, 'late'))).toMatchObject({ value: 1, version: 1 });
  });
});

describe('P8 whoever has the peer token', () => {
  const record = (epoch: number, key: string, version: number) => ({ key, epoch, version, updatedAt: 1, value: '1' });

  test('cannot poison keys with a version beyond all: that record fails alone', async () => {
    const { epoch } = await statusOf(nodes.primary);
    const records = [record(epoch, 'a', 1), record(epoch, 'poisoned', Number.MAX_SAFE_INTEGER), record(epoch, 'b', 1)];
    const { status, body } = await sendAsPrimary({ records });
    expect([status, body.answers.map(({ outcome }: { outcome: string }) => outcome)]).toEqual([
      200,
      ['applied', 'failed', 'applied'],
    ]);
    for (const key of ['a', 'b']) expect((await getKey(nodes.replica, key)).status).toBe(200);
    expect((await getKey(nodes.replica, 'poisoned')).status).toBe(404);
    for (const key of ['poisoned', KEYS[0] as string])
      expect(await json(putKey(nodes.primary, key, key))).toMatchObject({ status: 'replicated' });
    expect(await json(getKey(nodes.replica, 'poisoned'))).toMatchObject({ version: 1 });
  });

  test('cannot have anything forgotten that lives, with a time far ahead', async () => {
    const forgetBefore = Date.now() + 10 * 365 * 24 * 60 * 60 * 1000;
    expect(await sendAsPrimary({ records: [], compared: { forgetBefore } })).toMatchObject({ status: 200 });
    expect(await presentKeys()).toEqual(KEYS);
    for (const key of KEYS) expect((await getKey(nodes.primary, key)).status).toBe(200);
  });
});
