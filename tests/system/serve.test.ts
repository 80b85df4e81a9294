// Nodes of scripts/serve.ts, as real processes over real HTTP: they keep the contract that clients know from the emulator.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePorts, type Pair, startPair } from '../support/nodes.ts';
import { getKey, json, putKey, statusOf, steadyHeaders } from '../support/requests.ts';
import { until } from '../support/until.ts';

const SERVE = join(import.meta.dirname, '../../scripts/serve.ts');
const MAX_BODY_BYTES = 10 * 1024 * 1024;

let nodes: Pair;
beforeAll(async () => {
  nodes = await startPair({}, { serve: {} });
});
afterAll(() => nodes?.stop());

/** Runs the command until it ends. */
async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [SERVE, ...args], { env: { ...process.env, ...env } });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += chunk));
  const [code] = await once(child, 'close');
  return { code, printed };
}

/** What comes back to bytes that may be no HTTP. */
async function sendRaw(text: string): Promise<string> {
  const socket = connect(Number(new URL(nodes.primary.url).port), '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk) => (answer += chunk));
  socket.end(text);
  await once(socket, 'close');
  return answer;
}

describe('the contract, over HTTP', () => {
  test('a write is on both nodes, and its status says so', async () => {
    const written = await putKey(nodes.primary, 'foo', 'hello');
    expect(written.status).toBe(201);
    expect(await json(written)).toMatchObject({ key: 'foo', version: 1, status: 'replicated' });
    for (const node of [nodes.primary, nodes.replica])
      expect(await json(getKey(node, 'foo'))).toMatchObject({ key: 'foo', value: 'hello', version: 1 });
    expect(await json(fetch(`${nodes.primary.url}/status/foo`))).toMatchObject({ status: 'replicated' });
    const tagged = await getKey(nodes.replica, 'foo', { 'if-none-match': written.headers.get('etag') as string });
    expect([tagged.status, tagged.headers.get('content-length'), await tagged.text()]).toEqual([304, null, '']);
  });

  test.each([
    ['a%2Fb', 'a/b'],
    ['a/c', 'a/c'],
    ['a%252Fd', 'a%2Fd'],
    ['a%2Fe%2F', 'a/e/'],
    ['%F0%9F%98%80', '😀'],
    ['a%20b%3F%23', 'a b?#'],
    ['a+b', 'a+b'],
    ['line%0Abreak', 'line\nbreak'],
    ['__proto__', '__proto__'],
  ])('the path /key/%s is the key %j, on both nodes', async (path, key) => {
    expect(await json(putKey(nodes.primary, path, 1))).toMatchObject({ key, status: 'replicated' });
    expect(await json(getKey(nodes.replica, path))).toMatchObject({ key, value: 1 });
    expect(await json(fetch(`${nodes.primary.url}/status/${path}`))).toMatchObject({ key });
  });

  test.each([
    ['GET', '/key/none', 404, 'key_not_found'],
    ['GET', '/key/%ff', 400, 'invalid_key'],
    ['GET', '/key/a%2', 400, 'invalid_key'],
    ['GET', '/key/', 400, 'invalid_key'],
    ['GET', '/%ff', 404, 'no_such_route'],
    ['GET', '/nothing', 404, 'no_such_route'],
    ['GET', '//key/foo', 404, 'no_such_route'],
    ['DELETE', '/keys', 405, 'method_not_allowed'],
    ['PATCH', '/key/foo', 405, 'method_not_allowed'],
    ['GET', '/digest', 401, 'unauthorized'],
  ])('%s %s is %i %s', async (method, path, status, code) => {
    const answer = await fetch(nodes.primary.url + path, { method });
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect([answer.status, await json(answer)]).toEqual([status, expect.objectContaining({ status, code })]);
  });

  test('405 says which methods there are, and the replica where to write', async () => {
    const refused = await fetch(`${nodes.primary.url}/keys`, { method: 'DELETE' });
    expect(refused.headers.get('allow')).toBe('GET, HEAD');
    expect(await json(putKey(nodes.replica, 'foo', 1))).toMatchObject({
      code: 'not_primary',
      primary: nodes.primary.url,
    });
  });

  test.each(['/key/foo', '/key/none', '/keys', '/status/foo', '/healthz', '/openapi.json', '/nothing'])(
    'HEAD %s has the status and the headers of GET, its length included, and no body',
    async (path) => {
      for (const { url } of [nodes.primary, nodes.replica]) {
        const [get, head] = [await fetch(url + path), await fetch(url + path, { method: 'HEAD' })];
        expect([head.status, steadyHeaders(head)]).toEqual([get.status, steadyHeaders(get)]);
        expect(head.headers.get('content-length')).toBe(`${(await get.arrayBuffer()).byteLength}`);
        expect(await head.text()).toBe('');
      }
    },
  );

  test('a query parameter that comes twice is refused as one value, and one is taken', async () => {
    expect(await json(fetch(`${nodes.primary.url}/keys?limit=1&prefix=a`))).toMatchObject({ complete: false });
    expect(await json(fetch(`${nodes.primary.url}/keys?limit=1&limit=2`))).toMatchObject({ code: 'invalid_parameter' });
  });
});

describe('browsers', () => {
  const preflight = { method: 'OPTIONS', headers: { 'access-control-request-method': 'PUT' } };

  test('a page of this machine is told what it may send, and reads the answers', async () => {
    const headers = { ...preflight.headers, origin: 'http://localhost:8000' };
    const asked = await fetch(`${nodes.primary.url}/key/page`, { ...preflight, headers });
    expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([204, 'http://localhost:8000']);
    expect(asked.headers.get('access-control-allow-methods')).toContain('PUT');
    expect(asked.headers.get('access-control-allow-headers')).toMatch(/authorization,content-type,.*tandem-console/);
    const written = await putKey(nodes.primary, 'page', 1, { origin: 'http://localhost:8000' });
    expect([written.status, written.headers.get('access-control-allow-origin')]).toEqual([
      201,
      'http://localhost:8000',
    ]);
    expect(written.headers.get('access-control-expose-headers')).toContain('etag');
  });

  test.each<[what: string, path: string, init: RequestInit]>([
    ['a read', '/key/foo', {}],
    ['a repair without a question before it', '/repair', { method: 'POST' }],
    ['a preflight', '/key/foo', preflight],
    ['a key that is no UTF-8', '/key/%ff', {}],
  ])('%s of a page of another machine is refused, and cannot be read', async (_, path, init) => {
    for (const { url } of [nodes.primary, nodes.replica]) {
      const headers = { ...init.headers, origin: 'http://evil.example' };
      const answer = await fetch(url + path, { ...init, headers });
      expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([403, null]);
      expect(await json(answer)).toMatchObject({ code: 'forbidden_origin' });
    }
  });

  test('a name that was made to lead to this machine is refused, whatever waits behind it', async () => {
    for (const more of ['', 'expect: 100-continue\r\ncontent-length: 99999999\r\n'])
      expect(await sendRaw(`GET /keys HTTP/1.1\r\nhost: evil.example\r\n${more}\r\n`)).toMatch(
        /^HTTP\/1\.1 403 .*"code":"forbidden_origin"/s,
      );
  });
});

describe('P8 what nobody should send', () => {
  const put = (body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}) =>
    fetch(`${nodes.primary.url}/key/large`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });

  test('a body above 10 MB is 413, with a length and without one, and the node goes on', async () => {
    const large = new Uint8Array(MAX_BODY_BYTES + 1).fill(0x20);
    expect(await json(put(large))).toMatchObject({ status: 413, code: 'value_too_large' });
    const stream = new ReadableStream({
      start(controller) {
        for (let sent = 0; sent <= MAX_BODY_BYTES; sent += 1024 * 1024)
          controller.enqueue(large.subarray(0, 1024 * 1024));
        controller.close();
      },
    });
    const streamed = await fetch(`${nodes.primary.url}/key/large`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: stream,
      duplex: 'half',
    } as RequestInit);
    expect([streamed.status, await json(streamed)]).toEqual([
      413,
      expect.objectContaining({ code: 'value_too_large' }),
    ]);
    expect((await put('{"value":1}')).status).toBeLessThan(300);
  });

  test('a client that waits for 100 Continue is told at once that its body is too large', async () => {
    const answer = await sendRaw(
      `PUT /key/large HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: ${MAX_BODY_BYTES + 1}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 .*"code":"value_too_large"/s);
  });

  test('bytes that are no UTF-8 are refused, not mangled', async () => {
    const answer = await put(Buffer.from([...Buffer.from('{"value":"'), 0xff, ...Buffer.from('"}')]));
    expect([answer.status, await json(answer)]).toEqual([400, expect.objectContaining({ code: 'invalid_json' })]);
  });

  test('what is no HTTP is answered with a problem detail', async () => {
    expect(await sendRaw('nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n.*"status":400/s);
    expect((await getKey(nodes.primary, 'foo')).status).toBe(200);
  });

  test('a client that goes away in the middle of its body harms nobody', async () => {
    const socket = connect(Number(new URL(nodes.primary.url).port), '127.0.0.1');
    socket.write(
      'PUT /key/gone HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"va',
    );
    await once(socket, 'connect');
    socket.resetAndDestroy();
    expect((await putKey(nodes.primary, 'after', 1)).status).toBeLessThan(300);
    expect((await getKey(nodes.primary, 'gone')).status).toBe(404);
    expect(nodes.primary.output()).not.toContain('failed');
  });
});

describe('the process', () => {
  test('says in one line where it listens, and on this machine only', async () => {
    const { url } = nodes.primary;
    const [line] = nodes.primary.output().split('\n');
    expect(line).toBe(`The primary is listening at ${url}, its peer is ${nodes.replica.url}.`);
    const elsewhere = url.replace('127.0.0.1', '127.0.0.2');
    await expect(fetch(elsewhere, { signal: AbortSignal.timeout(5000) })).rejects.toThrow();
  });

  test('says which port is taken, and by whom, and harms not what runs there', async () => {
    const { epoch } = await statusOf(nodes.primary);
    const { port } = new URL(nodes.primary.url);
    const { code, printed } = await run(['primary', '--port', port, '--peer', nodes.replica.url]);
    expect([code, printed]).toEqual([
      1,
      expect.stringContaining(`Tandem is already running at http://localhost:${port}`),
    ]);
    expect(printed).toContain('--port');
    expect(await json(putKey(nodes.primary, 'still', 1))).toMatchObject({ status: 'replicated', epoch });
  });

  test.each([
    [[], 'Say which node to serve'],
    [['both'], 'Say which node to serve'],
    [['primary', '--port', 'x'], "--port must be a port from 1 to 65535, not 'x'."],
    [['primary', '--color'], "Unknown option '--color'"],
  ])('refuses the arguments %j', async (args, message) => {
    const { code, printed } = await run(args);
    expect([code, printed]).toEqual([1, expect.stringContaining(message)]);
    expect(printed).not.toContain('    at ');
  });

  test('refuses a wrong environment in a sentence', async () => {
    const [port] = await freePorts(1);
    const args = ['replica', '--port', `${port}`, '--peer', nodes.primary.url];
    for (const [name, value] of [
      ['RETENTION_SECONDS', '1'],
      ['CORS_ORIGINS', '*'],
    ] as const) {
      const { code, printed } = await run(args, { [name]: value });
      expect([code, printed.trim()]).toEqual([1, expect.stringMatching(new RegExp(`^${name} must be .*\\.$`))]);
    }
  });

  test('P5 killed and started again, the primary has what the replica holds', async () => {
    await putKey(nodes.primary, 'kept', 'here');
    await nodes.primary.stop('SIGKILL');
    await nodes.primary.start();
    expect(await json(getKey(nodes.primary, 'kept'))).toMatchObject({ value: 'here' });
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('P4 ends on %s, and has what it missed once it is back', async (signal) => {
    await nodes.replica.stop(signal);
    expect((await putKey(nodes.primary, `missed-${signal}`, 1)).status).toBe(202);
    await nodes.replica.start();
    await until(async () => (await getKey(nodes.replica, `missed-${signal}`)).status === 200);
  });
});
