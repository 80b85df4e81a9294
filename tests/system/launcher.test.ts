// `npm start`, whose nodes are killed, stopped, frozen and started again over the console's server: one start for all of it. What a
// state allows, and who gets an answer, tests/unit/scripts/ tells.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { getKey, json, putKey, statusOf } from '../support/requests.ts';
import { ended, freeEnv, type Ports, type Started, start, stopStarted, untilRunning } from '../support/start.ts';
import { until } from '../support/until.ts';

const HAS_SIGNALS = process.platform !== 'win32';

let env: Ports;
let started: Started;
let primary: { url: string };
let replica: { url: string };
beforeAll(async () => {
  env = await freeEnv();
  const at = (port: string) => ({ url: `http://127.0.0.1:${port}` });
  [primary, replica] = [at(env.PRIMARY_PORT), at(env.REPLICA_PORT)];
  started = start({ ...env, SCHEDULE: 'off' });
  await untilRunning(started);
});
afterAll(stopStarted);

const launcher = () => json(fetch(`http://localhost:${env.CONSOLE_PORT}/launcher`));
async function act(role: string, action: string) {
  const url = `http://localhost:${env.CONSOLE_PORT}/launcher/${role}/${action}`;
  return json(fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' } }));
}
const untilState = (role: string, state: string) => until(async () => (await launcher()).nodes[role].state === state);
const untilInSync = () => until(async () => (await statusOf(primary)).inSync);

/** Whether there is any process of the group that a node leads. */
function isThere(pid: number): boolean {
  try {
    return process.kill(HAS_SIGNALS ? -pid : pid, 0);
  } catch {
    return false;
  }
}

test('the launcher tells of both nodes, and what this machine can do', async () => {
  const { nodes, actions } = await launcher();
  const running = { state: 'running', ended: null, pid: expect.any(Number), since: expect.any(Number) };
  expect(nodes).toEqual({
    primary: { ...running, port: Number(env.PRIMARY_PORT) },
    replica: { ...running, port: Number(env.REPLICA_PORT) },
  });
  expect(actions).toEqual(['kill', 'stop', 'start', ...(HAS_SIGNALS ? ['freeze', 'thaw'] : [])]);
});

test('the replica is killed: it is gone, the primary says so and goes on; started, it is refilled', async () => {
  for (const key of ['a', 'b', 'c']) expect((await putKey(primary, key, 1)).status).toBe(201);
  const { pid } = (await launcher()).nodes.replica;
  const { nodes } = await act('replica', 'kill');
  expect(nodes.replica).toMatchObject({ state: 'stopped', ended: 'killed', pid: null });
  await until(() => !isThere(pid));
  await until(() => started.output.includes('The replica was killed; everything else goes on.'));
  expect((await putKey(primary, 'd', 1)).status).toBe(202);
  expect(await statusOf(primary)).toMatchObject({ inSync: false, replica: { reachable: false } });

  expect((await act('replica', 'start')).nodes.replica.state).toBe('starting');
  await untilState('replica', 'running');
  await untilInSync();
  expect(await json(getKey(replica, 'd'))).toMatchObject({ value: 1 });
  expect((await statusOf(replica)).keys).toBe(4);
  expect((await launcher()).nodes.replica.pid).not.toBe(pid);
});

(HAS_SIGNALS ? test : test.skip)(
  'frozen, the replica is silent, and no more than that; thawed, it goes on',
  async () => {
    const { pid } = (await launcher()).nodes.replica;
    expect((await act('replica', 'freeze')).nodes.replica).toMatchObject({ state: 'frozen', pid });
    expect((await putKey(primary, 'e', 1)).status).toBe(202);
    // Nobody refuses the connection: it is not known to be gone.
    expect(await statusOf(primary)).toMatchObject({ inSync: false, replica: { reachable: null } });
    expect((await act('replica', 'thaw')).nodes.replica).toMatchObject({ state: 'running', pid });
    await fetch(`${primary.url}/repair`, { method: 'POST' });
    await untilInSync();
    expect(await json(getKey(replica, 'e'))).toMatchObject({ value: 1 });
  },
);

test('a node that ends by itself ends nothing else: a line says so, and how to start it again', async () => {
  const { pid } = (await launcher()).nodes.primary;
  process.kill(pid, 'SIGKILL');
  await untilState('primary', 'stopped');
  expect((await launcher()).nodes.primary.ended).toMatch(HAS_SIGNALS ? 'signal SIGKILL' : /^exit code/);
  const line = /The primary has ended \(.+\); everything else goes on\. .+\n {2}curl -X POST (\S+) -H "(\S+): (\S+)"\n/;
  const [, url = '', name = '', type = ''] = await until(() => started.output.match(line) ?? undefined).then(
    (match) => match as RegExpMatchArray,
  );
  expect((await fetch(`http://localhost:${env.CONSOLE_PORT}/`)).status).toBe(200);
  expect((await getKey(replica, 'a')).status).toBe(200);
  expect([started.child.exitCode, started.child.signalCode]).toEqual([null, null]);

  expect((await fetch(url, { method: 'POST', headers: { [name]: type } })).status).toBe(200);
  await until(async () => (await getKey(primary, 'a')).status === 200);
  await untilInSync();
});

test('Ctrl-C ends one that is frozen and one that is starting, too, and leaves nothing behind', async () => {
  await act('primary', 'stop');
  const { nodes } = await act('primary', 'start');
  if (HAS_SIGNALS) await act('replica', 'freeze');
  const pids = [nodes.primary.pid, nodes.replica.pid];
  expect(pids.map(isThere)).toEqual([true, true]);
  started.child.kill('SIGINT');
  expect(await ended(started)).toBe(HAS_SIGNALS ? 0 : null);
  // What they had started is killed, and takes a moment.
  await until(() => !pids.some(isThere));
  expect(started.output).not.toMatch(/^ +at |Error/m);
});

test('a node that ends before all are running has not started: npm start fails, and says which', async () => {
  const again = start(env);
  const { pid } = await until(async () => {
    if (again.child.exitCode !== null) throw new Error(again.output);
    const { replica: node } = (await launcher()).nodes;
    return node.state === 'starting' && node;
  });
  process.kill(pid, 'SIGKILL');
  expect(await ended(again)).toBe(1);
  expect(again.output).toMatch(/\nThe replica has ended \((signal SIGKILL|exit code \d+)\)\.\n/);
  expect(again.output).not.toMatch(/Tandem is running|^ +at /m);
  for (const port of Object.values(env))
    await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow('fetch failed');
});

(HAS_SIGNALS ? test : test.skip)(
  'a node that was started by its name ends its command, with its exit code; there is no launcher',
  async () => {
    const alone = start(env, 'replica', 'console');
    await untilRunning(alone);
    const answer = await fetch(`http://localhost:${env.CONSOLE_PORT}/launcher`);
    expect([answer.status, await answer.json()]).toEqual([200, { nodes: null }]);

    const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=']);
    const processes = stdout.split('\n').map((line) => line.trim().split(/ +/).map(Number));
    const [node] = processes.find(([, parent]) => parent === alone.child.pid) ?? [];
    process.kill(node as number, 'SIGTERM');
    const code = await ended(alone);
    expect(alone.output).toContain(`The replica has ended (exit code ${code}).`);
  },
);
