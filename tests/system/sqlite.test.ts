// Two real nodes over data files of their own, under load: whatever is killed, in the middle of whatever, nothing that was
// acknowledged is lost; backups are taken beside it, and put back.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { compareNodes, unaccounted } from '../support/compare-nodes.ts';
import { type Load, more, startLoad, writeUntilInSync } from '../support/load.ts';
import { type Pair, startPair, startPrimary } from '../support/nodes.ts';
import { getKey, json, putKey, repair, statusOf } from '../support/requests.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const LOAD = { keys: 60 };
const OF_A_KILLED_PRIMARY = ['ECONNREFUSED', 'ECONNRESET', 'UND_ERR_SOCKET'];

let folder: string;
let env: Record<string, string>;
let nodes: Pair;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-sqlite-'));
  env = { STORE: 'sqlite', SQLITE_FOLDER: folder };
  nodes = await startPair(env, { serve: {} });
});
afterAll(async () => {
  await nodes?.stop();
  await rm(folder, { recursive: true });
});

const put = (key: string, value: unknown) => putKey(nodes.primary, key, value);
/** Sooner than the minute in which each node does what it does then: what heals by then has been said at a start, or written. */
const AT_ONCE_MS = 50_000;
const untilInSync = () => until(inSync, AT_ONCE_MS);
const inSync = async () => (await statusOf(nodes.primary)).inSync;

/** Every write that was answered with success is on both nodes, with its value; and they are equal. */
async function expectNothingLost({ writes, failures }: Load): Promise<void> {
  for (const { reason } of failures) expect(OF_A_KILLED_PRIMARY).toContain(reason);
  await writeUntilInSync(nodes.primary.url);
  expect(await unaccounted(writes, nodes)).toEqual([]);
  expect(await compareNodes(nodes.primary.url, nodes.replica.url)).toEqual([]);
}

test('P4 a pair that starts with nothing is in sync without a write, and says where its data is', async () => {
  await untilInSync();
  for (const node of [nodes.primary, nodes.replica])
    expect(await statusOf(node)).toMatchObject({ state: 'serving', store: 'sqlite', keys: 0 });
});

test('P4 P5 the replica killed under load: it has what it had, and is brought what it missed, also if nobody writes any more', async () => {
  const load = startLoad(nodes.primary.url, LOAD);
  await more(100, load);
  const { id } = await statusOf(nodes.replica);
  await nodes.replica.stop('SIGKILL');
  await more(50, load, (write) => write.status === 202);
  await load.stop();
  expect(load.failures).toEqual([]);
  await nodes.replica.start();
  await untilInSync();
  expect(await statusOf(nodes.replica)).toMatchObject({ id, state: 'serving' });
  await expectNothingLost(load);
});

test('P4 P5 the primary killed with a backlog: every 202 is there again, its epoch goes on, and its start ships it', async () => {
  const load = startLoad(nodes.primary.url, LOAD);
  await more(50, load);
  await nodes.replica.stop('SIGKILL');
  await more(50, load, (write) => write.status === 202);
  const { epoch, id } = await statusOf(nodes.primary);
  await nodes.primary.stop('SIGKILL');
  await load.stop();
  await nodes.replica.start();
  await nodes.primary.start();
  expect(await statusOf(nodes.primary)).toMatchObject({ epoch, id });
  await untilInSync();
  await expectNothingLost(load);
});

test('P1 P5 one or both killed in the middle of everything, again and again: nothing is lost, and no tag is given twice', async () => {
  const load = startLoad(nodes.primary.url, LOAD);
  const { epoch } = await statusOf(nodes.primary);
  const victims = [[nodes.primary], [nodes.replica], [nodes.primary, nodes.replica]];
  for (let i = 0; i < 6; i++) {
    await more(30, load);
    const killed = victims[i % victims.length] as (typeof victims)[number];
    await Promise.all(killed.map((node) => node.stop('SIGKILL')));
    await Promise.all(killed.map((node) => node.start()));
  }
  await more(30, load, (write) => write.status !== 202);
  await load.stop();
  expect(new Set(load.writes.map((write) => write.epoch))).toEqual(new Set([epoch]));
  await expectNothingLost(load);
});

test('P5 P9 the primary killed, the replica takes the lead: the former one asks who leads when it starts, and follows', async () => {
  for (const [key, value] of [
    ['old', 1],
    ['new', 1],
  ] as const)
    await put(key, value);
  await untilInSync();
  await nodes.replica.stop('SIGKILL');
  expect((await put('old', 'unseen')).status).toBe(202);
  await nodes.primary.stop('SIGKILL');
  await nodes.replica.start();
  const promote = (url: string, body: object) =>
    json(
      fetch(`${url}/promote`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    );
  expect(await promote(nodes.replica.url, { force: true })).toMatchObject({ role: 'primary', mode: 'failover' });
  await putKey(nodes.replica, 'old', 'seen');
  await nodes.primary.start();
  // It was asked for nothing yet.
  expect(await statusOf(nodes.primary)).toMatchObject({ role: 'replica' });
  expect((await put('new', 2)).status).toBe(421);
  await until(async () => (await statusOf(nodes.replica)).inSync);
  expect(await json(getKey(nodes.primary, 'old'))).toMatchObject({ value: 'seen' });
  expect(await json(fetch(`${nodes.primary.url}/divergent`))).toMatchObject({
    writes: [{ key: 'old', value: 'unseen' }],
  });
  await nodes.replica.stop('SIGKILL');
  await nodes.replica.start();
  expect(await statusOf(nodes.replica)).toMatchObject({ role: 'primary' });
  await until(async () => (await promote(nodes.primary.url, {})).mode === 'switchover');
  await untilInSync();
  await fetch(`${nodes.primary.url}/divergent`, { method: 'DELETE' });
});

test('a second process on the data file says in a sentence that it cannot have it, and the first one goes on', async () => {
  const second = startPrimary(nodes.replica.url, env, { serve: {} });
  await expect(second).rejects.toThrow(
    /SQLITE_FILE: another process uses the data file .*primary\.sqlite\. A file is for one process/,
  );
  expect((await put('beside', 1)).status).toBe(201);
});

test('P5 a backup beside writes, put back: what is newer comes back from the other node, and what is written then stays', async () => {
  const script = (...args: string[]) =>
    run(process.execPath, [join(ROOT, 'scripts/backup.ts'), ...args], { env: { ...process.env, ...env } });
  const copy = join(folder, 'copy.sqlite');
  await put('changed', 'before');
  await untilInSync();
  const load = startLoad(nodes.primary.url, LOAD);
  await more(30, load);
  const { stdout } = await script('backup', 'primary', copy);
  expect(stdout).toMatch(/has what .*primary\.sqlite had: \d+ records, \d+\.\d MB\.\n$/);
  await expect(script('restore', 'primary', copy)).rejects.toMatchObject({
    stderr: expect.stringMatching(/^SQLITE_FILE: another process uses the data file .*primary\.sqlite\. .*\n$/),
  });
  await more(30, load);
  await load.stop();
  await put('changed', 'after');
  await untilInSync();
  const { id } = await statusOf(nodes.primary);
  await nodes.primary.stop();
  // Closed, as SQLite leaves a file.
  expect(existsSync(join(folder, 'primary.sqlite-wal'))).toBe(false);
  expect((await script('restore', 'primary', copy)).stdout).toMatch(
    /primary\.sqlite is .*copy\.sqlite now: \d+ records/,
  );
  await nodes.primary.start();
  expect((await statusOf(nodes.primary)).id).not.toBe(id);
  await put('since', 1);
  expect(await repair(nodes.primary)).toMatchObject({ failed: 0, remaining: 0 });
  expect(await json(getKey(nodes.primary, 'changed'))).toMatchObject({ value: 'after' });
  await expectNothingLost(load);
});
