// The console's server runs in the process of `npm start`, which ends both nodes when it ends: so whatever a request to
// it looks like, it goes on, and they do.
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { createRandom } from '../simulation/random.ts';
import { FAST, freeEnv, type Ports, type Started, start, stopStarted, untilRunning } from '../support/start.ts';

let env: Ports;
let started: Started;
beforeAll(async () => {
  env = await freeEnv();
  started = start(env, FAST);
  await untilRunning(started);
});
afterAll(stopStarted);

const urlOf = (port: string, path = '/') => `http://127.0.0.1:${port}${path}`;

afterEach(async () => {
  expect(started.output).not.toContain('Error');
  const { CONSOLE_PORT, PRIMARY_PORT, REPLICA_PORT } = env;
  const urls = [urlOf(CONSOLE_PORT), urlOf(PRIMARY_PORT, '/healthz'), urlOf(REPLICA_PORT, '/healthz')];
  const answers = await Promise.all(urls.map((url) => fetch(url)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
});

test.each(['bytes=5-1', 'bytes=0-3', 'bytes=99999999-', 'bytes=-0', 'bytes=a-b', 'bytes=0-1,5-1', 'x', '-'])(
  'Range: %s gets the whole file',
  async (range) => {
    const answer = await fetch(urlOf(env.CONSOLE_PORT), { headers: { range } });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toMatch(/^<!doctype html>.*<\/html>\n$/is);
  },
);

/** What the client does once it has sent its request: `end` says that nothing more comes. */
type Then = 'wait' | 'end' | 'destroy';

/** @returns what comes back until the connection is closed, from either side */
function send(bytes: string, then: Then = 'wait'): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(Number(env.CONSOLE_PORT), '127.0.0.1', () => {
      socket.write(Buffer.from(bytes, 'latin1'), () => then !== 'wait' && socket[then]());
    });
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
    // Of a connection that the server has reset: it is closed, too.
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
  });
}

const get = (path: string, headers = '') =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}Connection: close\r\n\r\n`;

test.each<[what: string, request: string, answer: RegExp]>([
  ['a file', get('/built/console.js?x=1#y'), /^HTTP\/1.1 200 /],
  ['a file that is not there', get('/nothing.js'), /^HTTP\/1.1 404 /],
  ['a path out of the folder', get('/../package.json'), /^HTTP\/1.1 404 /],
  ['the same with %2e', get('/%2e%2e/package.json'), /^HTTP\/1.1 404 /],
  ['the same with %2f', get('/..%2fpackage.json'), /^HTTP\/1.1 404 /],
  ['the same with backslashes', get('/..\\package.json'), /^HTTP\/1.1 404 /],
  ['the same with %5c', get('/..%5cpackage.json'), /^HTTP\/1.1 404 /],
  ['an absolute path', get('//etc/passwd'), /^HTTP\/1.1 404 /],
  ['two slashes', get('//'), /^HTTP\/1.1 404 /],
  ['a NUL in the path', get('/%00'), /^HTTP\/1.1 404 /],
  ['a malformed escape', get('/%ff%'), /^HTTP\/1.1 404 /],
  ['a very long path', get(`/${'a'.repeat(10_000)}`), /^HTTP\/1.1 404 /],
  ['a path that is no path', get('*'), /^HTTP\/1.1 404 /],
  ['the address of another server', get('http://elsewhere/'), /^HTTP\/1.1 403 /],
  ['its own address as a whole', get('http://localhost/built/console.js'), /^HTTP\/1.1 404 /],
  ['another Host', get('/').replace('localhost', 'elsewhere'), /^HTTP\/1.1 403 .*forbidden_origin/s],
  ['huge headers', get('/', `X: ${'x'.repeat(100_000)}\r\n`), /^HTTP\/1.1 431 |^$/],
  ['a raw NUL', get('/\0'), /^HTTP\/1.1 400 /],
  ['a header without a name', get('/', ': x\r\n'), /^HTTP\/1.1 400 /],
  ['a bad request line', 'GET\r\n\r\n', /^HTTP\/1.1 400 /],
  ['another protocol', '\x16\x03\x01\x02\x00\x01\x00', /^HTTP\/1.1 400 /],
  [
    'another method',
    'DELETE / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    /^HTTP\/1.1 405 .*\r\nAllow: GET, HEAD\r\n/is,
  ],
  ['CONNECT', 'CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n', /^$|^HTTP\/1.1 4/],
  ['an upgrade', get('/', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'), /^HTTP\/1.1 /],
  ['a bad chunk', 'POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', /^$|^HTTP\/1.1 4/],
])('%s is answered, and all go on', async (_, request, answer) => {
  expect(await send(request)).toMatch(answer);
});

test.each(['', 'GET / HTTP/1.1\r\nHost', 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nx'])(
  'a request that ends too soon is answered or not, and all go on: %j',
  async (request) => {
    expect(await send(request, 'end')).toMatch(/^$|^HTTP\/1.1 4/);
  },
);

test('clients that go away in the middle of a request or of its answer are nothing to it', async () => {
  const requests = [get('/'), 'GET / HT', 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nx'];
  await Promise.all(Array.from({ length: 60 }, (_, i) => send(requests[i % 3] as string, 'destroy')));
});

test('requests with bytes that are changed at random are answered or refused', async () => {
  const random = createRandom(5);
  const originals = [
    get('/built/console.js', 'Range: bytes=0-9\r\n'),
    get('/%2e%2e/a?b=%00#c', 'Accept-Encoding: gzip\r\n'),
  ];
  for (let i = 0; i < 200; i++) {
    const bytes = Buffer.from(originals[i % 2] as string);
    for (let changes = random.int(1, 4); changes > 0; changes--)
      bytes[random.int(0, bytes.length - 1)] = random.int(0, 255);
    expect(await send(bytes.toString('latin1'), 'end')).toMatch(/^$|^HTTP\/1.1 [234]/);
  }
});
