// What happened to replication, as a user of GET /events sees it: the fate of a write, on both nodes.
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { MAX_EVENT_WAITING } from '../../lib/limits.ts';
import { type ArtifactNode, type ArtifactPair, artifactPair, PEER_TOKEN } from '../support/artifact.ts';
import { schemaErrors } from '../support/schema.ts';
import { until } from '../support/until.ts';

// biome-ignore lint/suspicious/noExplicitAny: an event has other members for each kind
type Told = any;
type Role = 'primary' | 'replica';

let nodes: ArtifactPair;
let cursors: Record<Role, string>;
beforeAll(async () => {
  jest.spyOn(console, 'warn').mockImplementation(() => {});
  nodes = await artifactPair();
  cursors = { primary: await nextOf(nodes.primary), replica: await nextOf(nodes.replica) };
});
afterEach(async () => {
  for (const node of [nodes.primary, nodes.replica]) await node.call('DELETE', '/faults');
  await nodes.primary.call('POST', '/repair');
  cursors = { primary: await nextOf(nodes.primary), replica: await nextOf(nodes.replica) };
});
afterAll(async () => {
  await nodes.close();
  jest.restoreAllMocks();
});

const nextOf = async (node: ArtifactNode) => (await node.call('GET', '/events', { query: { since: 'now' } })).body.next;
const put = (key: string, value: unknown = key, node = nodes.primary) =>
  node.call('PUT', `/key/${key}`, { body: { value } });
const set = (role: Role, ...faults: unknown[]) => nodes[role].call('PUT', '/faults', { body: { faults } });

/** What has happened at a node since this was last asked for. */
async function newsOf(role: Role): Promise<Told[]> {
  const { body } = await nodes[role].call('GET', '/events', { query: { since: cursors[role] } });
  expect(schemaErrors('EventPage', body)).toEqual([]);
  expect(body.missed).toBe(0);
  cursors[role] = body.next;
  return body.events;
}

/** An event in one line: its kind, what is special about it, the keys that it names, and what became of them. */
function lineOf({ kind, fault, role, state, mode, phase, isRefilling, error, code, records, key }: Told): string {
  const named = records?.map((each: Told) => `${each.key}${each.outcome === undefined ? '' : `=${each.outcome}`}`);
  const refill = isRefilling === undefined ? undefined : isRefilling ? 'refilling' : 'filled';
  return [kind, fault, role, state, mode, phase, refill, code, ...(named ?? [key]), error && `(${error})`]
    .filter((part) => part !== undefined)
    .join(' ');
}

const told = async (role: Role) => (await newsOf(role)).map(lineOf);

describe('the fate of a write', () => {
  test('it is written, sent, taken and acknowledged', async () => {
    await put('a');
    const [written, sent, answered] = await newsOf('primary');
    const record = { key: 'a', version: 1, epoch: written.epoch };
    expect(written).toEqual({ kind: 'written', seq: expect.any(Number), at: expect.any(Number), ...record });
    expect(sent).toMatchObject({ kind: 'sent', retried: 0, records: [record], count: 1 });
    const { request } = sent;
    expect(answered).toMatchObject({ kind: 'answered', request, records: [{ ...record, outcome: 'applied' }] });
    expect(await newsOf('replica')).toMatchObject([
      { kind: 'received', records: [record], count: 1 },
      { kind: 'taken', records: [{ ...record, outcome: 'applied' }], count: 1 },
    ]);
  });

  test('a deletion is told as one', async () => {
    await put('gone');
    await newsOf('primary');
    await nodes.primary.call('DELETE', '/key/gone');
    const [written, sent] = await newsOf('primary');
    expect(written).toMatchObject({ key: 'gone', version: 2, deleted: true });
    expect(sent.records).toEqual([{ key: 'gone', version: 2, epoch: written.epoch, deleted: true }]);
  });

  test('refused: why, and when it is tried again', async () => {
    const before = Date.now();
    await put('bad', '__fail__');
    const reason = 'replica answered 500 (the value is "__fail__")';
    const [written, sent, answered] = await newsOf('primary');
    expect([written.kind, sent.kind, lineOf(answered)]).toEqual(['written', 'sent', 'answered bad=failed']);
    expect(answered.records[0]).toMatchObject({ error: reason, nextAttemptAt: expect.any(Number) });
    expect(answered.records[0].nextAttemptAt).toBeGreaterThanOrEqual(before);
    const { body } = await nodes.primary.call('GET', '/status/bad');
    expect(Date.parse(body.nextAttemptAt)).toBe(answered.records[0].nextAttemptAt);
    expect(await told('replica')).toEqual(['received bad', 'fault error bad', 'taken bad=failed']);
    await put('bad');
  });

  test.each<[Role, string, primary: string[], replica: string[]]>([
    ['primary', 'drop_request', ['fault drop_request k', 'unanswered k (fault: the request was dropped)'], []],
    [
      'primary',
      'drop_reply',
      ['fault drop_reply k', 'unanswered k (fault: the reply was dropped)'],
      ['received k', 'taken k=applied'],
    ],
    [
      'replica',
      'drop_request',
      ['unanswered k (replica timed out: no answer within 2000 ms)'],
      ['fault drop_request k'],
    ],
    [
      'replica',
      'drop_reply',
      ['unanswered k (replica timed out: no answer within 2000 ms)'],
      ['received k', 'taken k=applied', 'fault drop_reply k'],
    ],
    [
      'primary',
      'duplicate',
      ['fault duplicate k', 'answered k=same'],
      ['received k', 'taken k=applied', 'received k', 'taken k=same'],
    ],
    [
      'replica',
      'duplicate',
      ['answered k=same'],
      ['fault duplicate k', 'received k', 'taken k=applied', 'received k', 'taken k=same'],
    ],
    ['primary', 'delay', ['fault delay k', 'answered k=applied'], ['received k', 'taken k=applied']],
    ['replica', 'delay', ['answered k=applied'], ['fault delay k', 'received k', 'taken k=applied']],
    ['primary', 'error', ['fault error k', 'answered k=failed'], []],
    ['replica', 'error', ['answered k=failed'], ['received k', 'fault error k', 'taken k=failed']],
  ])('on the %s, %s', async (role, kind, primary, replica) => {
    const key = `${role}-${kind}`;
    const named = (lines: string[]) => lines.map((line) => line.replaceAll(' k', ` ${key}`));
    await set(role, { kind, keyPrefix: key, count: 1, delayMs: 5 });
    await put(key);
    expect(await told('primary')).toEqual(named(['written k', 'sent k', ...primary]));
    expect(await told('replica')).toEqual(named(replica));
  });

  test('a retry says so, and has a number of its own', async () => {
    await set('primary', { kind: 'drop_reply', keyPrefix: 'again', count: 1 });
    await put('again');
    const [, first, , lost] = await newsOf('primary');
    expect(lost).toMatchObject({ kind: 'unanswered', request: first.request, nextAttemptAt: expect.any(Number) });
    await nodes.primary.call('POST', '/repair');
    const news = await newsOf('primary');
    expect(news.map(lineOf)).toEqual(['repair began', 'sent again', 'answered again=same', 'repair ended']);
    expect(news[1]).toMatchObject({ retried: 1, request: first.request + 1 });
    expect(news[3]).toMatchObject({ shipped: 1, failed: 0 });
  });

  test('of more records than twelve the first are named, and all are counted', async () => {
    await set('primary', { kind: 'drop_request', keyPrefix: 'many' });
    const keys = Array.from({ length: 20 }, (_, i) => `many-${String(i).padStart(2, '0')}`);
    for (const key of keys.slice(0, 2)) await put(key);
    await nodes.primary.call('DELETE', '/faults');
    await newsOf('primary');
    await Promise.all(keys.map((key) => put(key)));
    const news = await newsOf('primary');
    const sent = news.filter(({ kind }) => kind === 'sent');
    expect(sent.map(({ count }) => count).reduce((a, b) => a + b)).toBeGreaterThanOrEqual(20);
    const largest = sent.sort((a, b) => b.count - a.count)[0];
    expect(largest.count).toBeGreaterThan(12);
    expect(largest.records).toHaveLength(12);
  });
});

test('the circuit opens, and a write is not tried; a repair finds the replica answering', async () => {
  await set('primary', { kind: 'drop_request', keyPrefix: 'circuit' });
  for (let i = 0; i < 4; i++) await put(`circuit-${i}`);
  const lines = await told('primary');
  expect(lines.slice(-3)).toEqual([
    'circuit open',
    'written circuit-3',
    'not_tried circuit-3 (not tried, the replica keeps failing: fault: the request was dropped)',
  ]);
  expect(lines.filter((line) => line.startsWith('unanswered'))).toHaveLength(3);
  await nodes.primary.call('DELETE', '/faults');
  await nodes.primary.call('POST', '/repair');
  const names = 'circuit-0 circuit-1 circuit-2 circuit-3';
  expect((await told('primary')).slice(0, 4)).toEqual([
    'repair began',
    `sent ${names}`,
    `answered ${names.replace(/\S+/g, '$&=applied')}`,
    'circuit closed',
  ]);
});

test('P3 a primary that was replaced is refused, and whoever asks for other contents', async () => {
  const { id } = (await nodes.replica.call('GET', '/status')).body;
  const headers = { authorization: `Bearer ${PEER_TOKEN}` };
  const replicate = (more: object) =>
    nodes.replica.call('POST', '/replicate', {
      headers,
      body: { protocol: 2, from: 'p', to: id, epoch: 1, records: [], ...more },
    });
  expect((await replicate({})).status).toBe(409);
  expect((await replicate({ to: 'former' })).status).toBe(409);
  expect(await newsOf('replica')).toMatchObject([
    { kind: 'refused', code: 'stale_epoch', epoch: 1 },
    { kind: 'refused', code: 'other_contents', epoch: 1 },
  ]);
});

describe('who leads', () => {
  test('a switchover, and back', async () => {
    await nodes.replica.call('POST', '/promote');
    expect(await told('primary')).toEqual([
      'role primary switching',
      'repair began',
      'repair ended',
      'role replica serving',
    ]);
    const [, role, promoted] = await newsOf('replica');
    expect([role, promoted].map(lineOf)).toEqual(['role primary serving', 'promoted switchover']);
    expect(role.epoch).toBe(promoted.epoch);
    await until(async () => (await nodes.replica.call('GET', '/status')).body.inSync);
    await nodes.primary.call('POST', '/promote');
    expect(await told('primary')).toEqual(expect.arrayContaining(['role primary serving', 'promoted switchover']));
  });

  test('P9 a failover: the former primary is fenced, and its write that was superseded unseen is divergent', async () => {
    for (const role of ['primary', 'replica'] as const) await set(role, { kind: 'drop_request' });
    await put('f', 'old');
    await nodes.replica.call('POST', '/promote', { body: { force: true } });
    await put('f', 'new', nodes.replica);
    expect((await told('replica')).slice(0, 3)).toEqual(['circuit open', 'role primary serving', 'promoted failover']);
    for (const role of ['primary', 'replica'] as const) await nodes[role].call('DELETE', '/faults');
    await nodes.replica.call('POST', '/repair');
    const [there, here] = [await newsOf('primary'), await newsOf('replica')];
    const divergent = { kind: 'divergent', key: 'f', version: 1 };
    expect(there).toContainEqual(expect.objectContaining(divergent));
    expect(here).toContainEqual(expect.objectContaining(divergent));
    const lines = there.map(lineOf);
    expect(lines).toContain('role replica serving');
    expect(lines.indexOf('role replica serving')).toBeLessThan(lines.indexOf('received f'));
    expect(here.map(lineOf)).toEqual(expect.arrayContaining(['sent f', 'answered f=applied', 'circuit closed']));
    // The list goes from one node to the other as records do.
    const listing = here.filter(({ kind }) => kind === 'sent').flatMap(({ records }) => records);
    expect(listing).toContainEqual(expect.objectContaining({ key: 'f', divergent: true }));

    await nodes.replica.call('DELETE', '/divergent');
    expect((await newsOf('replica'))[0]).toMatchObject({ kind: 'written', key: 'f', divergent: true, deleted: true });
    await nodes.primary.call('POST', '/promote');
  });

  test('a replica that was killed: it is refilled, and its process is another one', async () => {
    await put('kept');
    await newsOf('primary');
    const since = cursors.replica;
    const replica = await nodes.restartReplica();
    await until(async () => (await replica.call('GET', '/status')).body.state === 'serving');
    const { body } = await replica.call('GET', '/events', { query: { since } });
    expect(body.missed).toBeNull();
    expect(since.startsWith(body.process)).toBe(false);
    const lines = body.events.map(lineOf);
    expect(lines.slice(0, 3)).toEqual(['started', 'role replica refilling', expect.stringMatching(/^received /)]);
    expect(lines.at(-1)).toBe('role replica serving');
    expect(body.events[0].seq).toBe(1);
    await until(async () => (await nodes.primary.call('GET', '/status')).body.inSync);
    const refill = (await told('primary')).filter((line) => /^(replica|repair)/.test(line));
    expect(refill).toEqual(
      expect.arrayContaining(['replica refilling', 'repair began', 'replica filled', 'repair ended']),
    );
    nodes = { ...nodes, replica };
  });
});

describe('the pages', () => {
  const ask = async (query: Record<string, string>, node = nodes.primary) =>
    (await node.call('GET', '/events', { query })).body;

  test('without since: all that is kept, from the start of the process', async () => {
    const { events, missed, next, process, now } = await ask({});
    expect([events[0].kind, events[0].seq, missed]).toEqual(['started', 1, 0]);
    expect(events.map(({ seq }: Told) => seq)).toEqual(events.map((_: Told, i: number) => i + 1));
    expect(now).toBeGreaterThanOrEqual(events.at(-1).at);
    expect(next).toBe(`${process}.${events.length}`);
  });

  test('in parts: nothing twice, nothing left out', async () => {
    const whole = (await ask({})).events.map(({ seq }: Told) => seq);
    const parts: number[] = [];
    for (
      let page = await ask({ limit: '7' });
      page.events.length > 0;
      page = await ask({ limit: '7', since: page.next })
    )
      parts.push(...page.events.map(({ seq }: Told) => seq));
    expect(parts).toEqual(whole);
  });

  test.each(['x', '', '1', `${'0'.repeat(36)}`, 'now.1'])('since=%s is refused', async (since) => {
    expect(await ask({ since })).toMatchObject({ code: 'invalid_parameter', parameter: 'since' });
  });

  test('what this process has not told yet is refused', async () => {
    const { process } = await ask({ since: 'now' });
    expect(await ask({ since: `${process}.999999` })).toMatchObject({ code: 'invalid_parameter' });
  });

  test('wait: the answer comes with what belongs to one write', async () => {
    const waiting = ask({ since: 'now', wait: '20' });
    await put('awaited');
    const { events, next } = await waiting;
    expect(lineOf(events[0])).toBe('written awaited');
    // On a slow machine the rest comes with the next answer.
    const rest = events.length === 3 ? [] : (await ask({ since: next, wait: '20' })).events;
    expect([...events, ...rest].map(lineOf).slice(1)).toEqual(['sent awaited', 'answered awaited=applied']);
  });

  test('wait: without news it ends in time, and has the cursor that it was given', async () => {
    const { next } = await ask({ since: 'now' });
    const began = performance.now();
    expect(await ask({ since: next, wait: '1' })).toMatchObject({ events: [], missed: 0, next });
    expect(performance.now() - began).toBeGreaterThan(990);
    expect(await ask({ wait: '21' })).toMatchObject({ code: 'invalid_parameter' });
  });

  test('so many requests may wait; others are answered at once', async () => {
    let answered = 0;
    const since = (await ask({ since: 'now' })).next;
    const waiting = Array.from({ length: MAX_EVENT_WAITING + 10 }, async () => {
      await ask({ since, wait: '20' });
      answered++;
    });
    await until(async () => answered === 10);
    await put('wakes');
    await Promise.all(waiting);
  });
});

test('where fault injection is off there is no such route', async () => {
  const deployed = await artifactPair({ FAULT_INJECTION: 'off' });
  try {
    for (const method of ['GET', 'HEAD', 'POST'])
      expect((await deployed.replica.call(method, '/events')).status).toBe(404);
    expect((await deployed.primary.call('GET', '/events')).body.code).toBe('no_such_route');
  } finally {
    await deployed.close();
  }
});
