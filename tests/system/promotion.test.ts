// Either node leads: real processes are killed, stopped and cut off while one takes the lead from the other.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { front } from '../support/http-front.ts';
import { type Link, startLink } from '../support/link.ts';
import { type Pair, startPair, type TestNode } from '../support/nodes.ts';
import { divergent, haveLead, keepWriting, promote, untilFollowed } from '../support/promotion.ts';
import { getKey, json, putKey, statusOf } from '../support/requests.ts';
import { until } from '../support/until.ts';

const JSON_BODY = { 'content-type': 'application/json' };

let link: Link;
let pair: Pair;
/** Between B and the line to A: while it says so, answers to a switchover are lost. */
let toA: Awaited<ReturnType<typeof front>>;
let losesAnswers = false;
/** They begin as the primary and the replica. */
let a: TestNode;
let b: TestNode;

beforeAll(async () => {
  link = await startLink();
  toA = await front(Number(new URL(link.env.PRIMARY_URL).port), async ({ path }, forward) => {
    const reply = await forward();
    if (losesAnswers && path === '/switchover') throw new Error('the answer is lost');
    return reply;
  });
  pair = await startPair({ ...link.env, PRIMARY_URL: `http://127.0.0.1:${toA.port}` }, { serve: {} });
  [a, b] = [pair.primary, pair.replica];
});
afterAll(async () => {
  await pair?.stop();
  await Promise.all([toA?.stop(), link?.stop()]);
});

describe('a switchover', () => {
  beforeAll(() => haveLead(a, b));

  test('gives the lead away under load; no write is refused for good, and none is lost', async () => {
    const keys = Array.from({ length: 8 }, (_, i) => `switched/${i}`);
    const stops = keys.map((key) => keepWriting([a, b], key));
    const before = await statusOf(a);
    const answer = await promote(b);
    const promotion = await json(answer);
    expect([answer.status, promotion]).toEqual([
      200,
      { role: 'primary', mode: 'switchover', epoch: expect.any(Number), durationMs: expect.any(Number), atRisk: 0 },
    ]);
    expect(promotion.epoch).toBeGreaterThan(before.epoch);
    expect(promotion.epoch % 2).toBe(1);
    await until(async () => (await json(getKey(b, 'switched/0'))).epoch === promotion.epoch);
    const written = await Promise.all(stops.map((stop) => stop()));
    await untilFollowed(b, a);
    for (const [i, key] of keys.entries()) {
      for (const node of [a, b]) expect(await json(getKey(node, key))).toMatchObject({ value: written[i]?.at(-1) });
    }
    expect(await divergent(b)).toEqual([]);
  });

  test('leaves a replica that names the primary, and reads on', async () => {
    const refused = await putKey(a, 'k', 1);
    expect([refused.status, await json(refused)]).toEqual([
      421,
      expect.objectContaining({ code: 'not_primary', primary: link.env.REPLICA_URL }),
    ]);
    expect((await getKey(a, 'switched/0')).headers.get('replication-status')).toBe('replica');
    expect(await statusOf(a)).toMatchObject({ role: 'replica', state: 'serving', primary: { reachable: true } });
  });

  test('of the node that leads changes nothing', async () => {
    const { epoch } = await statusOf(b);
    expect(await json(promote(b))).toMatchObject({ role: 'primary', mode: 'none', epoch, atRisk: 0 });
  });

  test('is not held up by what is made to fail, and is held up by what fails otherwise, which it names', async () => {
    expect(await json(putKey(b, 'bad', '__fail__'))).toMatchObject({ status: 'replication_failed' });
    expect(await json(promote(a))).toMatchObject({ mode: 'switchover' });
    await until(async () => (await json(getKey(a, 'bad'))).value === '__fail__');
    expect((await fetch(`${a.url}/key/bad`, { method: 'DELETE' })).ok).toBe(true);
    await untilFollowed(a, b);

    const fault = { kind: 'error', keyPrefix: 'stuck' };
    await fetch(`${b.url}/faults`, { method: 'PUT', headers: JSON_BODY, body: JSON.stringify({ faults: [fault] }) });
    await putKey(a, 'stuck', 1);
    const held = await promote(b);
    expect([held.status, await json(held)]).toEqual([
      409,
      expect.objectContaining({ code: 'not_in_sync', detail: expect.stringContaining("'stuck'") }),
    ]);
    // All is as before.
    expect(await json(putKey(a, 'free', 1))).toMatchObject({ status: 'replicated' });
    await fetch(`${b.url}/faults`, { method: 'DELETE' });
    await fetch(`${a.url}/repair`, { method: 'POST' });
    await untilFollowed(a, b);
  });

  test('that nobody answers says so, and changes nothing', async () => {
    await link.set('cut');
    const answer = await promote(b);
    expect([answer.status, await json(answer)]).toEqual([
      409,
      expect.objectContaining({ code: 'primary_unreachable' }),
    ]);
    expect(await statusOf(b)).toMatchObject({ role: 'replica' });
    await link.set('none');
    await untilFollowed(a, b);
  });

  test('whose answer is lost on the way has happened, as the status tells', async () => {
    losesAnswers = true;
    const answer = await promote(b);
    losesAnswers = false;
    // The former primary says in its next handshake whom it gave the lead.
    expect([answer.status, await json(answer)]).toEqual([200, expect.objectContaining({ mode: 'switchover' })]);
    await untilFollowed(b, a);
  });
});

describe('a failover', () => {
  beforeEach(() => haveLead(a, b));

  test('after the primary was killed under load: what was replicated is there, and the former one follows', async () => {
    const stop = keepWriting([a], 'killed');
    await until(async () => Number((await json(getKey(b, 'killed'))).value) > 20);
    await a.stop('SIGKILL');
    const acknowledged = await stop();
    const answer = await json(promote(b, true));
    expect(answer).toMatchObject({ role: 'primary', mode: 'failover', atRisk: expect.any(Number) });
    expect((await putKey(b, 'first', 1)).status).toBe(202);
    // Each was answered as replicated. The one that was under way may be there, too.
    const { value } = await json(getKey(b, 'killed'));
    expect(Number(value)).toBeGreaterThanOrEqual(Number(acknowledged.at(-1)));
    await a.start();
    await untilFollowed(b, a);
    expect(await json(getKey(a, 'first'))).toMatchObject({ value: 1 });
    expect(await divergent(b)).toEqual([]);
  });

  test('P9 beside a primary that stands still: what both wrote is listed once it goes on, and the rest taken over', async () => {
    await link.set('cut');
    const kept = await json(putKey(a, 'only-here', 'kept'));
    const lost = await json(putKey(a, 'both', 'former'));
    expect([kept.status, lost.status]).toEqual(['replication_failed', 'replication_failed']);
    process.kill(a.pid, 'SIGSTOP');
    expect(await json(promote(b, true))).toMatchObject({ mode: 'failover' });
    const won = await json(putKey(b, 'both', 'new'));
    process.kill(a.pid, 'SIGCONT');
    await link.set('none');
    await untilFollowed(b, a);
    for (const node of [a, b]) {
      expect(await json(getKey(node, 'only-here'))).toMatchObject({ value: 'kept', epoch: kept.epoch, version: 1 });
      expect(await json(getKey(node, 'both'))).toMatchObject({ value: 'new', epoch: won.epoch });
      expect(await divergent(node)).toEqual([
        {
          key: 'both',
          value: 'former',
          version: lost.version,
          epoch: lost.epoch,
          updatedAt: expect.any(String),
          supersededBy: { version: won.version, epoch: won.epoch, updatedAt: expect.any(String) },
        },
      ]);
    }
    const tag = encodeURIComponent(`${lost.epoch}-${lost.version}`);
    expect(await json(fetch(`${b.url}/key/both?at_least=${tag}`))).toMatchObject({ code: 'divergent' });
    expect((await fetch(`${a.url}/divergent/both`, { method: 'DELETE' })).status).toBe(421);
    expect((await fetch(`${b.url}/divergent/both`, { method: 'DELETE' })).ok).toBe(true);
    await until(async () => (await divergent(a)).length === 0);
    expect(await divergent(b)).toEqual([]);
  });

  test('restarted while it steps down, the former primary is filled by the new one', async () => {
    await link.set('cut');
    await putKey(a, 'unseen', 1);
    expect((await promote(b, true)).status).toBe(200);
    await link.set('none');
    await putKey(b, 'wakes', 1);
    await a.stop('SIGKILL');
    await a.start();
    await untilFollowed(b, a);
    expect(await json(getKey(a, 'wakes'))).toMatchObject({ value: 1 });
  });

  test('of both nodes at once ends with one that leads', async () => {
    await link.set('cut');
    expect((await promote(b, true)).status).toBe(200);
    expect(await json(promote(a, true))).toMatchObject({ mode: 'none' });
    await link.set('none');
    await putKey(b, 'whose', 1);
    await untilFollowed(b, a);
  });

  test('of a node that has led and was killed is undone: it leads again once it has recovered', async () => {
    expect((await promote(b)).status).toBe(200);
    await untilFollowed(b, a);
    await putKey(b, 'mine', 1);
    await b.stop('SIGKILL');
    await b.start();
    await untilFollowed(b, a);
    expect(await json(getKey(b, 'mine'))).toMatchObject({ value: 1 });
  });
});
