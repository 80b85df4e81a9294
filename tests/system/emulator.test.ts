// The emulator takes the commands that every user tries first, answers as API Gateway does, also where it would do otherwise by
// itself, and keeps the contract that both runners keep. And it answers no page of another machine, also where it asks no function.
import { execFile } from 'node:child_process';
import { request } from 'node:http';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Pair, startPair } from '../support/nodes.ts';
import { getKey, json, putKey } from '../support/requests.ts';
import { httpContract } from './http-contract.ts';

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

httpContract('emulator', () => nodes);
