// The launcher over HTTP: who gets an answer, and what it answers in which state. Its processes are not real.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { intercept } from '../../../scripts/browsers/intercept.ts';
import { NO_OTHERS } from '../../../scripts/browsers/known-pages.ts';
import { refuseStrangers } from '../../../scripts/browsers/refuse-strangers.ts';
import { type Action, LaunchedNode, STOP_LIMIT_MS } from '../../../scripts/launcher/launched-node.ts';
import { Launcher } from '../../../scripts/launcher/launcher.ts';
import { launcherRoutes } from '../../../scripts/launcher/routes.ts';
import { FakeNodeProcess } from '../../support/fake-node-process.ts';
import { schemaErrors } from '../../support/schema.ts';

const ACTIONS: readonly Action[] = ['kill', 'stop', 'start', 'freeze', 'thaw'];
const JSON_TYPE = { 'content-type': 'application/json' };

let server: Server;
let port: number;
let time: number;
let nodes: Record<'primary' | 'replica', LaunchedNode>;
/** Of the node that was started last. */
let current: FakeNodeProcess;
let endsInTime: boolean;
/** Resolves once the nodes that were started answer. */
let answering: PromiseWithResolvers<boolean>;

function nodeOf(role: 'primary' | 'replica', at: number): LaunchedNode {
  return new LaunchedNode(role, at, {
    spawn: () => (current = new FakeNodeProcess(at, endsInTime ? () => turn() : () => new Promise(() => {}))),
    answers: () => answering.promise,
    pause: async (ms) => (ms === STOP_LIMIT_MS && endsInTime ? new Promise(() => {}) : turn()),
  });
}

beforeEach(async () => {
  [time, endsInTime, answering] = [1000, true, Promise.withResolvers()];
  nodes = { primary: nodeOf('primary', 5000), replica: nodeOf('replica', 5001) };
  await serve(new Launcher(nodes, ACTIONS, () => time));
});
afterEach(close);

async function serve(launcher?: Launcher): Promise<void> {
  server = createServer((_, response) => response.end('a file'));
  intercept(server, launcherRoutes(launcher));
  refuseStrangers(server, NO_OTHERS);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  ({ port } = server.address() as AddressInfo);
}

async function close(): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

const ask = (path: string, init: RequestInit = {}) => fetch(`http://localhost:${port}${path}`, init);
const post = (path: string, headers: Record<string, string> = JSON_TYPE) => ask(path, { method: 'POST', headers });
/** Status and code of a problem detail, which must be one. */
async function problem(answer: Response): Promise<unknown[]> {
  const body = (await answer.json()) as { code: string; status: number; detail: string; requestId: string };
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  const { code, ...rest } = body;
  // Its own code is not of the nodes, whose document this is.
  expect(schemaErrors('Problem', code === 'wrong_state' ? { ...rest, code: 'divergent' } : body)).toEqual([]);
  return [answer.status, code];
}
async function untilRunning(): Promise<void> {
  answering.resolve(true);
  while (nodes.replica.state !== 'running') await turn();
}

describe('what it answers', () => {
  test('how both nodes are, since when, and what this machine can do', async () => {
    const answer = await ask('/launcher');
    const node = { state: 'stopped', since: 1000, pid: null, ended: null };
    expect(await answer.json()).toEqual({
      nodes: { primary: { ...node, port: 5000 }, replica: { ...node, port: 5001 } },
      actions: ACTIONS,
      now: 1000,
    });
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('cache-control')]).toEqual([
      200,
      'application/json',
      'no-store',
    ]);
    expect((await ask('/launcher', { method: 'HEAD' })).status).toBe(200);
  });

  test('each action, once it is done', async () => {
    const seen = [];
    for (const action of ['start', 'freeze', 'thaw', 'kill', 'start', 'stop'] as const) {
      time += 10;
      const answer = await post(`/launcher/replica/${action}`);
      const { nodes: views, now } = (await answer.json()) as ReturnType<Launcher['view']>;
      seen.push([answer.status, views.replica.state, views.replica.pid, views.replica.ended]);
      expect([views.primary.state, views.replica.since]).toEqual(['stopped', now]);
      if (action === 'start') await untilRunning();
      answering = Promise.withResolvers();
    }
    expect(seen).toEqual([
      [200, 'starting', 5001, null],
      [200, 'frozen', 5001, null],
      [200, 'running', 5001, null],
      [200, 'stopped', null, 'killed'],
      [200, 'starting', 5001, null],
      [200, 'stopped', null, 'stopped'],
    ]);
  });

  test('409 where the state does not allow it, with what it allows', async () => {
    const refused = await post('/launcher/primary/kill');
    expect(await refused.clone().json()).toMatchObject({
      detail: 'The primary is stopped. Now it takes: start.',
      state: 'stopped',
      allowed: ['start'],
    });
    expect(await problem(refused)).toEqual([409, 'wrong_state']);
  });

  test('500 where a process does not end, and the reason in the log', async () => {
    const logged = jest.spyOn(console, 'error').mockImplementation(() => {});
    try {
      await post('/launcher/replica/start');
      endsInTime = false;
      current.kill = () => {};
      expect(await problem(await post('/launcher/replica/kill'))).toEqual([500, 'internal_error']);
      expect(logged.mock.calls).toEqual([[expect.stringMatching('of the launcher failed'), expect.any(Error)]]);
    } finally {
      logged.mockRestore();
    }
  });

  test.each([
    ['GET', '/launcher/replica/kill', 405, 'method_not_allowed', 'POST'],
    ['PUT', '/launcher/replica/kill', 405, 'method_not_allowed', 'POST'],
    ['OPTIONS', '/launcher/replica/kill', 405, 'method_not_allowed', 'POST'],
    ['POST', '/launcher', 405, 'method_not_allowed', 'GET, HEAD'],
    ['POST', '/launcher/', 404, 'no_such_route', null],
    ['POST', '/launcher/replica', 404, 'no_such_route', null],
    ['POST', '/launcher/replica/constructor', 404, 'no_such_route', null],
    ['POST', '/launcher/replica/kill/', 404, 'no_such_route', null],
    ['POST', '/launcher/both/kill', 404, 'no_such_route', null],
    ['GET', '/launcher?since=x&wait=1', 400, 'invalid_parameter', null],
    ['GET', '/launcher?since=1&wait=21', 400, 'invalid_parameter', null],
    ['GET', '/launcher?since=-1', 400, 'invalid_parameter', null],
  ])('%s %s: %i %s', async (method, path, status, code, allow) => {
    const answer = await ask(path, { method, ...(method !== 'GET' && { headers: JSON_TYPE }) });
    expect([...(await problem(answer)), answer.headers.get('allow')]).toEqual([status, code, allow]);
  });

  test('404 for what this machine cannot do', async () => {
    await close();
    await serve(new Launcher(nodes, ['kill', 'stop', 'start']));
    expect(await problem(await post('/launcher/replica/freeze'))).toEqual([404, 'no_such_route']);
  });

  test('that there are no nodes where this process has started none, and 404 for what would be done to one', async () => {
    await close();
    await serve();
    const told = await ask('/launcher');
    expect([told.status, await told.json()]).toEqual([200, { nodes: null }]);
    expect(await problem(await post('/launcher/replica/kill'))).toEqual([404, 'no_such_route']);
  });

  test('nothing else: the files do', async () => {
    for (const path of ['/', '/launchers', '/a/launcher', '//launcher', '/?/launcher'])
      expect(await (await ask(path)).text()).toBe('a file');
  });
});

describe('with since and wait', () => {
  const view = async (path: string) => (await (await ask(path)).json()) as ReturnType<Launcher['view']>;

  test('it answers once there is a change after that time, also within the same millisecond', async () => {
    const { now } = await view('/launcher');
    const waiting = view(`/launcher?since=${now}&wait=20`);
    await ask('/launcher');
    nodes.primary.start();
    const seen = await waiting;
    expect(seen.nodes.primary.since).toBeGreaterThan(now);
    // What was told before is no news; what has happened since comes at once.
    await view(`/launcher?since=${now}&wait=20`);
    const next = view(`/launcher?since=${seen.now}&wait=20`);
    answering.resolve(true);
    expect((await next).nodes.primary.state).toBe('running');
  });

  test('the times of changes go on when the clock is put back', async () => {
    const { now } = await view('/launcher');
    time -= 500;
    nodes.primary.start();
    expect((await view(`/launcher?since=${now}&wait=20`)).nodes.primary.since).toBe(now + 1);
  });

  test('it answers after the time, with what has not changed; without wait at once', async () => {
    expect((await view('/launcher?since=1000&wait=0.02')).now).toBe(1000);
    expect((await view('/launcher?since=1000')).now).toBe(1000);
    expect((await view('/launcher?wait=20')).now).toBe(1000);
  });

  test('a hundred wait at most, and none that has gone', async () => {
    const launcher = new Launcher(nodes, ACTIONS, () => time);
    const gone = new AbortController();
    const waiting = Array.from({ length: 100 }, () => launcher.untilChangedAfter(1000, gone.signal));
    const settled = Promise.allSettled(waiting);
    await launcher.untilChangedAfter(1000, gone.signal);
    gone.abort();
    expect(new Set((await settled).map(({ status }) => status))).toEqual(new Set(['rejected']));
    // There is room again.
    const next = launcher.untilChangedAfter(1000, new AbortController().signal).then(() => nodes.primary.state);
    await turn();
    nodes.primary.start();
    expect(await next).toBe('starting');
  });
});

describe('who gets an answer', () => {
  const own = () => ({ origin: `http://localhost:${port}` });

  test.each<[what: string, headers: () => Record<string, string>, status: number]>([
    ['the page that is served here', () => ({ ...own(), 'sec-fetch-site': 'same-origin' }), 200],
    ['the same in a browser that says no site', own, 200],
    ['the same in one that sends no origin to its own', () => ({ 'sec-fetch-site': 'same-origin' }), 200],
    ['a program that says JSON', () => JSON_TYPE, 200],
    ['a program that says JSON in UTF-8', () => ({ 'content-type': 'application/json; charset=utf-8' }), 200],
    ['a page of another port', () => ({ origin: 'http://localhost:3000', 'sec-fetch-site': 'same-site' }), 403],
    ['the same, with JSON', () => ({ ...JSON_TYPE, origin: 'http://localhost:3000' }), 403],
    ['a page of this port under another name', () => ({ ...JSON_TYPE, origin: `http://127.0.0.1:${port}` }), 403],
    ['one with TLS', () => ({ ...JSON_TYPE, origin: `https://localhost:${port}` }), 403],
    ['a page of another machine', () => ({ ...JSON_TYPE, origin: 'https://evil.example' }), 403],
    ['a page without an origin', () => ({ ...JSON_TYPE, origin: 'null' }), 403],
    ['one that claims both', () => ({ ...own(), 'sec-fetch-site': 'same-site' }), 403],
    ['a page of another port without an origin', () => ({ ...JSON_TYPE, 'sec-fetch-site': 'same-site' }), 403],
    ['an address that was typed', () => ({ 'sec-fetch-site': 'none' }), 403],
    ['a form, or an old browser without any of it', () => ({ 'content-type': 'text/plain' }), 403],
    ['the same, of another type', () => ({ 'content-type': 'application/jsonp' }), 403],
    ['a type with JSON in it', () => ({ 'content-type': 'text/plain; application/json' }), 403],
    ['no header at all', () => ({}), 403],
  ])('%s', async (_, headers, status) => {
    const answer = await post('/launcher/replica/start', headers());
    expect(answer.status).toBe(status);
    expect(nodes.replica.state === 'stopped').toBe(status === 403);
    if (status === 403) expect(await problem(answer)).toEqual([403, 'forbidden_origin']);
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  test('reading is for programs, the own page and a typed address; a preflight is refused', async () => {
    const reads = [
      {},
      own(),
      { 'sec-fetch-site': 'none' },
      { origin: 'http://localhost:3000' },
      { 'sec-fetch-site': 'same-site' },
    ];
    const statuses = await Promise.all(reads.map(async (headers) => (await ask('/launcher', { headers })).status));
    expect(statuses).toEqual([200, 200, 200, 403, 403]);
    const preflight = await ask('/launcher/replica/kill', {
      method: 'OPTIONS',
      headers: { origin: 'http://localhost:3000', 'access-control-request-method': 'POST' },
    });
    expect(await problem(preflight)).toEqual([403, 'forbidden_origin']);
  });
});
