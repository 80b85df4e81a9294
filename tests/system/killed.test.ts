// Two real nodes under load, and processes that are killed: every acknowledged write is accounted for, and both nodes
// end up with the same.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { compareNodes, unaccounted } from '../support/compare-nodes.ts';
import { type Load, startLoad, writeUntilInSync } from '../support/load.ts';
import { type Pair, startPair, startPrimary, type TestNode } from '../support/nodes.ts';
import { until } from '../support/until.ts';

/** Only when the scheduled repair comes in between: then the next one settles it. */
const MINUTE_MS = 75_000;

let nodes: Pair;
beforeAll(async () => {
  nodes = await startPair();
}, 90_000);
afterAll(() => nodes?.stop());

// biome-ignore lint/suspicious/noExplicitAny: bodies of every shape
const json = async (response: Response | Promise<Response>): Promise<any> => (await response).json();
const put = ({ url }: TestNode, key: string, value: unknown, headers: Record<string, string> = {}) =>
  fetch(`${url}/key/${key}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ value }),
  });
const get = ({ url }: TestNode, key: string) => fetch(`${url}/key/${key}`);
const status = ({ url }: TestNode) => json(fetch(`${url}/status`));
const inSync = async () => (await status(nodes.primary)).inSync;
/** Waits for so many more writes, counting those that are `like` this. */
const more = (count: number, { writes }: Load, like: (write: Load['writes'][number]) => boolean = () => true) => {
  const before = writes.filter(like).length;
  return until(() => writes.filter(like).length >= before + count, 20_000);
};

async function expectEqual(): Promise<void> {
  expect(await compareNodes(nodes.primary.url, nodes.replica.url)).toEqual([]);
}

test('the replica, under load: every write succeeds meanwhile, and the next ones bring back all it held', async () => {
  const load = startLoad(nodes.primary.url);
  await more(200, load);
  await nodes.replica.stop('SIGKILL');
  await more(100, load, (write) => write.status === 202);
  await nodes.replica.start();
  await more(100, load, (write) => write.status !== 202);
  await load.stop();

  expect(load.failures).toEqual([]);
  await writeUntilInSync(nodes.primary.url);
  expect(await unaccounted(load.writes, nodes)).toEqual([]);
  await expectEqual();
}, 90_000);

test('the replica, with nobody writing: one single write after its restart brings back all it held', async () => {
  await nodes.replica.stop('SIGKILL');
  await nodes.replica.start();
  expect(await status(nodes.replica)).toMatchObject({ keys: 0 });

  expect((await put(nodes.primary, 'single', 1)).status).toBe(201);
  await until(async () => (await status(nodes.replica)).keys > 50);
  await until(inSync, MINUTE_MS);
  await expectEqual();
}, 120_000);

test('the primary, under load: what was replicated is there again, and versions and tags go on', async () => {
  const load = startLoad(nodes.primary.url);
  await put(nodes.primary, 'counted', 1);
  await put(nodes.primary, 'counted', 2);
  await more(200, load);
  const { epoch } = await status(nodes.primary);
  await nodes.primary.stop('SIGKILL');
  await nodes.primary.start();
  await more(200, load, (write) => write.epoch > epoch);
  await load.stop();

  for (const { reason } of load.failures) expect(EXPECTED_OF_A_CRASH).toContain(reason);
  expect((await status(nodes.primary)).epoch).toBeGreaterThan(epoch);
  expect(await json(put(nodes.primary, 'counted', 3))).toMatchObject({ version: 3, status: 'replicated' });
  await writeUntilInSync(nodes.primary.url);
  expect(await unaccounted(load.writes, nodes, [epoch])).toEqual([]);
  await expectEqual();
}, 90_000);

const EXPECTED_OF_A_CRASH = ['ECONNREFUSED', 'ECONNRESET', 'UND_ERR_SOCKET', 'recovering'];

test('both at once, under load: they start empty, and work', async () => {
  const load = startLoad(nodes.primary.url);
  await more(100, load);
  const { epoch } = await status(nodes.primary);
  await Promise.all([nodes.primary.stop('SIGKILL'), nodes.replica.stop('SIGKILL')]);
  await Promise.all([nodes.primary.start(), nodes.replica.start()]);
  await more(100, load, (write) => write.epoch > epoch && write.status !== 202);
  await load.stop();

  for (const node of [nodes.primary, nodes.replica]) expect((await get(node, 'counted')).status).toBe(404);
  expect(await json(put(nodes.primary, 'counted', 1))).toMatchObject({ version: 1, status: 'replicated' });
  await writeUntilInSync(nodes.primary.url);
  expect(
    await unaccounted(
      load.writes.filter((write) => write.epoch > epoch),
      nodes,
    ),
  ).toEqual([]);
  await expectEqual();
}, 90_000);

describe('a second primary of the same replica', () => {
  let second: TestNode;
  beforeAll(async () => {
    await put(nodes.primary, 'shared', 1);
    second = await startPrimary(nodes.replica.url);
  }, 60_000);
  afterAll(() => second?.stop());

  test('takes over what the replica holds, and its epoch is the higher one', async () => {
    expect(await json(get(second, 'shared'))).toMatchObject({ value: 1, version: 1 });
    expect((await status(second)).epoch).toBeGreaterThan((await status(nodes.primary)).epoch);
    expect(await json(put(second, 'shared', 2))).toMatchObject({ version: 2, status: 'replicated' });
    expect(await compareNodes(second.url, nodes.replica.url)).toEqual([]);
  });

  test('the first one learns of it with its next write, and takes no more', async () => {
    const learns = await put(nodes.primary, 'shared', 'late');
    expect([learns.status, (await json(learns)).error]).toEqual([202, expect.stringContaining('stale_epoch')]);

    const refused = await put(nodes.primary, 'shared', 'later');
    expect([refused.status, await json(refused)]).toEqual([
      421,
      expect.objectContaining({ code: 'not_primary', detail: expect.stringContaining('was replaced') }),
    ]);
    expect(await status(nodes.primary)).toMatchObject({ state: 'fenced', fencedBy: (await status(second)).epoch });
    expect(await json(get(nodes.replica, 'shared'))).toMatchObject({ value: 2 });
  });

  test('the first one, started again, takes back everything', async () => {
    await nodes.primary.stop('SIGKILL');
    await nodes.primary.start();
    expect(await json(get(nodes.primary, 'shared'))).toMatchObject({ value: 2, version: 2 });
    expect(await status(nodes.primary)).toMatchObject({ state: 'serving' });
    expect((await status(nodes.primary)).epoch).toBeGreaterThan((await status(second)).epoch);
  }, 60_000);

  test('the replaced one gets no copy through that its successor would not know of', async () => {
    expect((await put(second, 'unknown', 1)).status).toBe(202);
    expect((await put(second, 'unknown', 2)).status).toBe(421);
  });

  test('it takes over in turn, and both are the same again', async () => {
    expect(await json(put(nodes.primary, 'shared', 3))).toMatchObject({ version: 3, status: 'replicated' });
    await put(second, 'shared', 'late');
    expect((await put(second, 'shared', 'later')).status).toBe(421);
    await fetch(`${nodes.primary.url}/repair`, { method: 'POST' });
    await writeUntilInSync(nodes.primary.url);
    await expectEqual();
  });
});
