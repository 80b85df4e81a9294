// Two real `sls offline` processes, over real HTTP: what a user does, and what goes wrong in life.
import { execFile } from 'node:child_process';
import { request } from 'node:http';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Pair, startPair } from '../support/nodes.ts';
import { getKey, json, putKey, repair } from '../support/requests.ts';
import { until } from '../support/until.ts';

let nodes: Pair;
beforeAll(async () => {
  nodes = await startPair();
});
afterAll(() => nodes?.stop());

const run = promisify(execFile);
const put = (key: string, value: unknown, headers?: Record<string, string>) =>
  putKey(nodes.primary, key, value, headers);
const get = (node: 'primary' | 'replica', key: string, headers?: Record<string, string>) =>
  getKey(nodes[node], key, headers);
/** As Windows PowerShell does: the body only after 100 Continue. */
const putExpecting100 = (path: string, body: string) =>
  new Promise<number>((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': body.length, expect: '100-continue' };
    const put = request(`${nodes.primary.url}${path}`, { method: 'PUT', headers });
    put.on('continue', () => put.end(body)).on('error', reject);
    put.on('response', (response) => resolve(response.resume().statusCode ?? 0));
    put.flushHeaders();
  });
const statusOf = (key: string) => json(fetch(`${nodes.primary.url}/status/${key}`));

describe('the commands every user tries first', () => {
  /** With the ports of this pair in place of 5000 and 5001. */
  const curl = async (...args: string[]) => {
    const here = args.map((arg) =>
      arg.replace('http://localhost:5000', nodes.primary.url).replace('http://localhost:5001', nodes.replica.url),
    );
    return JSON.parse((await run('curl', ['-s', ...here])).stdout);
  };

  test('curl, in order', async () => {
    const write = ['-H', 'Content-Type: application/json', '-d'];
    expect(await curl('-X', 'PUT', 'http://localhost:5000/key/foo', ...write, '{"value":"hello"}')).toMatchObject({
      key: 'foo',
      version: 1,
      status: 'replicated',
    });
    expect(await curl('http://localhost:5000/key/foo')).toMatchObject({ key: 'foo', value: 'hello', version: 1 });
    expect(await curl('http://localhost:5001/key/foo')).toMatchObject({ key: 'foo', value: 'hello', version: 1 });
    expect(await curl('http://localhost:5000/status/foo')).toMatchObject({ key: 'foo', status: 'replicated' });
    expect(await curl('-X', 'PUT', 'http://localhost:5000/key/bad', ...write, '{"value":"__fail__"}')).toMatchObject({
      status: 'replication_failed',
    });
    expect(await curl('http://localhost:5000/status/bad')).toMatchObject({
      status: 'replication_failed',
    });
    // One attempt, or another of the scheduled repair.
    expect((await curl('http://localhost:5000/status/bad')).attempts[0]).toMatchObject({ outcome: 'failed' });
  });

  test('PowerShell, as the requests it makes', async () => {
    // Invoke-RestMethod of Windows PowerShell sends this, with Expect: 100-continue and a user agent.
    expect(await putExpecting100('/key/shell-expects', '{"value":"hello"}')).toBe(201);
    const shell = { 'user-agent': 'Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.22621.2506' };
    expect((await put('shell', 'hello', shell)).status).toBe(201);
    expect(await json(get('replica', 'shell', shell))).toMatchObject({ value: 'hello' });
    expect(await json(fetch(`${nodes.primary.url}/status/shell`, { headers: shell }))).toMatchObject({
      status: 'replicated',
    });
  });
});

describe('over the emulator', () => {
  test('a page of this machine may read every answer and its headers', async () => {
    const origin = 'http://localhost:8000';
    const preflight = await fetch(`${nodes.primary.url}/key/cors`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'content-type,if-match',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PUT');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('if-match');
    const answer = await put('cors', 1, { origin });
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    expect(answer.headers.get('access-control-expose-headers')).toContain('replication-status');
    expect((await get('replica', 'none', { origin })).headers.get('access-control-allow-origin')).toBe(origin);
  });

  test('errors keep their type, and unknown routes are ours', async () => {
    const answers = [
      await get('primary', 'none'),
      await fetch(`${nodes.primary.url}/nothing`),
      await fetch(`${nodes.primary.url}/keys`, { method: 'DELETE' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 405]);
    for (const answer of answers) expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answers[2]?.headers.get('allow')).toBe('GET, HEAD');
    expect((await json(fetch(`${nodes.primary.url}/openapi.json`))).openapi).toBe('3.1.0');
  });

  test('the digests of both nodes can be compared by hand', async () => {
    const headers = { authorization: 'Bearer tandem-local-peer-token' };
    await fetch(`${nodes.primary.url}/repair`, { method: 'POST' });
    const sums = async (url: string) => (await json(fetch(`${url}/digest`, { headers }))).sums;
    expect(await sums(nodes.primary.url)).toHaveLength(128);
    expect((await fetch(`${nodes.primary.url}/digest`)).status).toBe(401);
  });
});

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
  // What is left is the record of the first test, which the replica always refuses.
  expect((await statusOf('bad')).status).toBe('replication_failed');
});

test('P4 with no traffic at all, the repair of every minute ships the backlog', async () => {
  await nodes.replica.stop();
  expect((await put('quiet', 1)).status).toBe(202);
  await nodes.replica.start();
  await until(async () => (await statusOf('quiet')).status === 'replicated');
  expect((await json(get('replica', 'quiet'))).value).toBe(1);
});
