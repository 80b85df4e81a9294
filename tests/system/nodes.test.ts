// Two real nodes, over real HTTP: many writes at once, and what goes wrong in life.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Pair, startPair } from '../support/nodes.ts';
import { getKey, json, putKey, repair } from '../support/requests.ts';
import { until } from '../support/until.ts';

let nodes: Pair;
beforeAll(async () => {
  nodes = await startPair({}, { serve: {} });
});
afterAll(() => nodes?.stop());

const put = (key: string, value: unknown, headers?: Record<string, string>) =>
  putKey(nodes.primary, key, value, headers);
const get = (node: 'primary' | 'replica', key: string) => getKey(nodes[node], key);
const statusOf = (key: string) => json(fetch(`${nodes.primary.url}/status/${key}`));

test('P1 two hundred concurrent writes to one key get the versions 1 to 200, and both nodes end on 200', async () => {
  const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => json(put('race', i))));
  expect(answers.map(({ version }) => version).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 200 }, (_, i) => i + 1),
  );
  await repair(nodes.primary);
  for (const node of ['primary', 'replica'] as const) expect((await json(get(node, 'race'))).version).toBe(200);
});

test('P1 64 clients increment one counter with If-Match: the value is the number of successes, on both nodes', async () => {
  await put('counter', 0);
  let successes = 0;
  const client = async () => {
    while (successes < 100) {
      const read = await get('primary', 'counter');
      const { value } = await json(read);
      const written = await put('counter', value + 1, { 'if-match': read.headers.get('etag') as string });
      if (written.ok) successes++;
      else expect(written.status).toBe(412);
    }
  };
  await Promise.all(Array.from({ length: 64 }, client));
  await repair(nodes.primary);
  for (const node of ['primary', 'replica'] as const) expect((await json(get(node, 'counter'))).value).toBe(successes);
});

test('P4 P6 the replica stopped: writes answer 202 with the reason; started again, all is replicated with no help', async () => {
  expect(await json(put('bad', '__fail__'))).toMatchObject({ status: 'replication_failed' });
  await nodes.replica.stop();
  const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => put(`outage-${i}`, i)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  for (const answer of answers) expect((await json(answer)).error).toContain('connection refused');
  expect(await json(fetch(`${nodes.primary.url}/status`))).toMatchObject({
    inSync: false,
    backlog: { count: expect.any(Number) },
    replica: { reachable: false },
  });

  await nodes.replica.start();
  await until(
    async () => (await put('after', 1)).ok && (await json(fetch(`${nodes.primary.url}/status`))).backlog.count === 1,
  );
  for (let i = 0; i < 200; i++) {
    expect((await statusOf(`outage-${i}`)).status).toBe('replicated');
    expect((await json(get('replica', `outage-${i}`))).value).toBe(i);
  }
  // What is left is the record that the replica always refuses.
  expect((await statusOf('bad')).status).toBe('replication_failed');
});

test('P4 with no traffic at all, the repair of every minute ships the backlog', async () => {
  await nodes.replica.stop();
  expect((await put('quiet', 1)).status).toBe(202);
  await nodes.replica.start();
  await until(async () => (await statusOf('quiet')).status === 'replicated');
  expect((await json(get('replica', 'quiet'))).value).toBe(1);
});
