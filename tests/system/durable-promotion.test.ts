// Either node leads over a durable store: everything is killed at once (SIGKILL) around a change of roles, the DynamoDB
// endpoint included, and what the stores keep must be enough to go on.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type Endpoint, startEndpoint } from '../support/endpoint.ts';
import { type Link, startLink } from '../support/link.ts';
import { type Pair, startPair, type TestNode } from '../support/nodes.ts';
import { divergent, isFollowed, keepWriting, promote, untilFollowed } from '../support/promotion.ts';
import { getKey, json, putKey, repair, statusOf } from '../support/requests.ts';
import { until } from '../support/until.ts';

let endpoint: Endpoint;
let link: Link;
let pair: Pair;
/** They begin as the primary and the replica. */
let a: TestNode;
let b: TestNode;

beforeAll(async () => {
  endpoint = await startEndpoint();
  link = await startLink();
  pair = await startPair({ ...endpoint.env, ...link.env }, { serve: {} });
  [a, b] = [pair.primary, pair.replica];
});
afterAll(async () => {
  await pair?.stop();
  await link?.stop();
  await endpoint?.remove();
});
// What leads there may take the repair of a minute; no test is about that.
beforeEach(async () => {
  if ((await statusOf(a)).role === 'replica') expect((await promote(a)).status).toBe(200);
  await until(async () => {
    await repair(a);
    return isFollowed(a, b);
  });
});

async function killEverything(): Promise<void> {
  await Promise.all([endpoint.kill(), a.stop('SIGKILL'), b.stop('SIGKILL')]);
}

async function startEverything(): Promise<void> {
  await endpoint.start();
  await Promise.all([a.start(), b.start()]);
}

/** What a write that was acknowledged says of itself. */
const put = async (node: TestNode, key: string, value: unknown) => json(putKey(node, key, value));

test('P9 everything killed in the middle of a switchover under load: one node leads, and no write is lost', async () => {
  const keys = ['switched/1', 'switched/2', 'switched/3'];
  const stops = keys.map((key) => keepWriting([a, b], key));
  await until(async () => Number((await json(getKey(a, 'switched/1'))).value) > 3);
  const promoted = promote(b).catch(() => undefined);
  await until(async () => (await statusOf(a)).state === 'switching');
  await killEverything();
  await promoted;
  const written = await Promise.all(stops.map((stop) => stop()));
  await startEverything();
  const roles = await Promise.all([a, b].map(async (node) => (await statusOf(node)).role));
  const [leading, following] = roles[0] === 'primary' ? [a, b] : [b, a];
  await put(leading, 'whose', 1);
  await untilFollowed(leading, following);
  for (const [i, key] of keys.entries()) {
    // The write that was under way may have been done, or not.
    const { value } = await json(getKey(leading, key));
    expect(Number(value)).toBeGreaterThanOrEqual(Number(written[i]?.at(-1)));
    expect(await json(getKey(following, key))).toMatchObject({ value });
  }
  expect(await divergent(leading)).toEqual([]);
});

test('P9 everything killed right after a failover: the new primary leads on, and the former one follows it', async () => {
  const stop = keepWriting([a], 'killed');
  await until(async () => Number((await json(getKey(b, 'killed'))).value) > 3);
  await a.stop('SIGKILL');
  const acknowledged = await stop();
  const promotion = await json(promote(b, true));
  expect(promotion).toMatchObject({ role: 'primary', mode: 'failover' });
  const first = await put(b, 'first', 1);
  expect(first).toMatchObject({ epoch: promotion.epoch });
  await killEverything();
  await startEverything();
  expect(await statusOf(b)).toMatchObject({ role: 'primary', epoch: promotion.epoch });
  await put(b, 'wakes', 1);
  await untilFollowed(b, a);
  for (const node of [a, b]) {
    expect(Number((await json(getKey(node, 'killed'))).value)).toBeGreaterThanOrEqual(Number(acknowledged.at(-1)));
    expect(await json(getKey(node, 'first'))).toMatchObject({ value: 1, epoch: promotion.epoch });
  }
});

test('P9 everything killed while both nodes lead: what was superseded unseen is listed, the rest is taken over', async () => {
  await link.set('cut');
  const kept = await put(a, 'only-here', 'kept');
  const lost = await put(a, 'both', 'former');
  process.kill(a.pid, 'SIGSTOP');
  expect(await json(promote(b, true))).toMatchObject({ mode: 'failover' });
  const won = await put(b, 'both', 'new');
  process.kill(a.pid, 'SIGCONT');
  // Cut off, it does not know that it was replaced.
  const late = await put(a, 'only-here', 'kept on');
  await killEverything();
  await startEverything();
  await link.set('none');
  await put(b, 'wakes', 1);
  await untilFollowed(b, a);
  for (const node of [a, b]) {
    expect(await json(getKey(node, 'only-here'))).toMatchObject({ value: 'kept on', epoch: late.epoch, version: 2 });
    expect(await json(getKey(node, 'both'))).toMatchObject({ value: 'new', epoch: won.epoch });
    expect(await divergent(node)).toMatchObject([{ key: 'both', value: 'former', version: lost.version }]);
  }
  expect(kept.epoch).toBeLessThan(won.epoch);
  expect((await fetch(`${b.url}/divergent/both`, { method: 'DELETE' })).ok).toBe(true);
  await until(async () => (await divergent(a)).length === 0);
});
