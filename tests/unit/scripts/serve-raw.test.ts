// What bad input gets from the gateway of `npm run serve`, byte by byte: HTTP/1.1 (RFC 9112) demands what becomes of most of it. The
// function behind it answers 200 with what it was asked for.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Gateway } from '../../../scripts/serve/gateway.ts';
import { answersIn, drip, rawConnection, sendRaw } from '../../support/raw-http.ts';
import { schemaErrors } from '../../support/schema.ts';

const MAX_BODY_BYTES = 10 * 1024 * 1024;

let gateway: Gateway;
let port: number;
beforeAll(async () => {
  gateway = new Gateway({
    routes: ['GET /key/{key+}', 'PUT /key/{key+}', '$default'],
    invoke: async (routeKey, { pathParameters, queryStringParameters, body = '', cookies, rawPath }) => ({
      statusCode: 200,
      body: JSON.stringify({
        routeKey,
        key: pathParameters?.key,
        query: queryStringParameters,
        body: body.length,
        cookies,
        path: rawPath,
      }),
    }),
  });
  port = await listen(gateway);
});
afterAll(() => gateway.stop(0));

async function listen({ server }: Gateway): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

/** The lines of a request, with an end to its connection unless the lines say otherwise. */
const request = (...lines: string[]) => `${lines.join('\r\n')}\r\n\r\n`;
const GET = 'GET /key/a HTTP/1.1';
const PUT = 'PUT /key/a HTTP/1.1';
const HOST = 'Host: localhost';
const JSON_TYPE = 'Content-Type: application/json';
/** Another request on the same connection: no answer to it may come. */
const NEXT = request('GET /key/next HTTP/1.1', HOST, 'Connection: close');

describe('P8 a problem detail, and the end of the connection', () => {
  test.each<[what: string, bytes: string, status: number, code: string]>([
    ['nonsense', 'nonsense\r\n\r\n', 400, 'invalid_request'],
    ['the first bytes of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400, 'invalid_request'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'invalid_request'],
    ['version 2.0 of a request', request('GET /key/a HTTP/2.0', HOST), 400, 'invalid_request'],
    ['version 1.2', request('GET /key/a HTTP/1.2', HOST), 400, 'invalid_request'],
    ['HTTP/0.9', 'GET /key/a\r\n\r\n', 400, 'invalid_request'],
    ['lines that end in LF alone', `${GET}\n${HOST}\n\n`, 400, 'invalid_request'],
    ['lines that end in CR alone', `${GET}\r${HOST}\r\r`, 400, 'invalid_request'],
    ['no method of HTTP', request('FOO /key/a HTTP/1.1', HOST), 400, 'invalid_request'],
    ['a method in lower case', request('get /key/a HTTP/1.1', HOST), 400, 'invalid_request'],
    [
      'Content-Length with Transfer-Encoding',
      `${request(PUT, HOST, 'Content-Length: 3', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
      400,
      'invalid_request',
    ],
    [
      'two Content-Lengths that differ',
      `${request(PUT, HOST, 'Content-Length: 3', 'Content-Length: 4')}abcd`,
      400,
      'invalid_request',
    ],
    [
      'two that are equal',
      `${request(PUT, HOST, 'Content-Length: 3', 'Content-Length: 3')}abc`,
      400,
      'invalid_request',
    ],
    ['a list of them', `${request(PUT, HOST, 'Content-Length: 3, 3')}abc`, 400, 'invalid_request'],
    ['a negative Content-Length', request(PUT, HOST, 'Content-Length: -1'), 400, 'invalid_request'],
    ['a Content-Length with a sign', `${request(PUT, HOST, 'Content-Length: +3')}abc`, 400, 'invalid_request'],
    [
      'a Content-Length beyond every number',
      request(PUT, HOST, 'Content-Length: 99999999999999999999'),
      400,
      'invalid_request',
    ],
    ['Transfer-Encoding: identity', `${request(PUT, HOST, 'Transfer-Encoding: identity')}abc`, 501, 'not_implemented'],
    [
      'chunked twice',
      `${request(PUT, HOST, 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
      400,
      'invalid_request',
    ],
    [
      'chunked not at the end',
      `${request(PUT, HOST, 'Transfer-Encoding: chunked, gzip')}0\r\n\r\n`,
      400,
      'invalid_request',
    ],
    [
      'an encoding that is not known',
      `${request(PUT, HOST, 'Transfer-Encoding: gzip, chunked')}0\r\n\r\n`,
      501,
      'not_implemented',
    ],
    [
      'chunks in HTTP/1.0',
      `${request('PUT /key/a HTTP/1.0', HOST, 'Transfer-Encoding: chunked')}0\r\n\r\n`,
      400,
      'invalid_request',
    ],
    ['a chunk without a size', `${request(PUT, HOST, 'Transfer-Encoding: chunked')}zz\r\n`, 400, 'invalid_request'],
    [
      'a chunk that is longer than its size',
      `${request(PUT, HOST, 'Transfer-Encoding: chunked')}2\r\nabcd\r\n0\r\n\r\n`,
      400,
      'invalid_request',
    ],
    ['obsolete folding', request(GET, HOST, 'X-Folded: a', ' b'), 400, 'invalid_request'],
    ['folding of the first header', request(GET, ' Host: localhost'), 400, 'invalid_request'],
    ['a space before the colon', request(GET, 'Host : localhost'), 400, 'invalid_request'],
    ['a header without a name', request(GET, HOST, ': a'), 400, 'invalid_request'],
    ['a header without a colon', request(GET, HOST, 'nothing'), 400, 'invalid_request'],
    ['NUL in a header', request(GET, HOST, 'X-Nul: a\0b'), 400, 'invalid_request'],
    ['NUL in the target', request('GET /key/a\0b HTTP/1.1', HOST), 400, 'invalid_request'],
    ['a space in the target', request('GET /key/a b HTTP/1.1', HOST), 400, 'invalid_request'],
    ['bytes in the target that are no ASCII', request('GET /key/\xc3\xa9 HTTP/1.1', HOST), 400, 'invalid_request'],
    ['no Host', request(GET), 400, 'invalid_request'],
    ['two Hosts', request(GET, HOST, HOST), 400, 'invalid_request'],
    ['authority-form', request('GET localhost:5000 HTTP/1.1', HOST), 400, 'invalid_request'],
    ['CONNECT', request('CONNECT localhost:5000 HTTP/1.1', HOST), 501, 'not_implemented'],
    ['16 KiB of headers and more', request(GET, HOST, `X-Long: ${'x'.repeat(17_000)}`), 431, 'headers_too_large'],
    ['16 KiB of a target and more', request(`GET /key/${'x'.repeat(17_000)} HTTP/1.1`, HOST), 431, 'headers_too_large'],
    [
      '1 MB of headers',
      request(GET, HOST, ...Array.from({ length: 10_000 }, (_, i) => `X-${i}: ${'x'.repeat(90)}`)),
      431,
      'headers_too_large',
    ],
    [
      'an expectation that is not known',
      `${request(PUT, HOST, 'Expect: 200-ok', 'Content-Length: 3')}abc`,
      417,
      'expectation_failed',
    ],
    ['a body beyond every limit', request(PUT, HOST, `Content-Length: ${MAX_BODY_BYTES * 5}`), 413, 'value_too_large'],
    [
      'a body that is too large and waits for 100 Continue',
      request(PUT, HOST, 'Expect: 100-continue', `Content-Length: ${MAX_BODY_BYTES + 1}`),
      413,
      'value_too_large',
    ],
  ])('%s', async (_, bytes, status, code) => {
    const [answer, ...more] = answersIn(await sendRaw(port, bytes + NEXT));
    expect(more).toEqual([]);
    expect([answer?.status, answer?.headers]).toEqual([
      status,
      expect.objectContaining({ 'content-type': 'application/problem+json', connection: 'close' }),
    ]);
    const body = JSON.parse(answer?.body ?? '');
    expect([body, schemaErrors('Problem', body)]).toEqual([expect.objectContaining({ status, code }), []]);
  });
});

describe('an answer, and the next request on the same connection', () => {
  test.each<[what: string, bytes: string, expected: { status: number; body: object }]>([
    [
      'a target that is a whole URL',
      request('GET http://localhost/key/a?x=1 HTTP/1.1', HOST),
      { status: 200, body: { key: 'a', query: { x: '1' } } },
    ],
    ['one without a path', request('GET http://localhost HTTP/1.1', HOST), { status: 200, body: { path: '/' } }],
    [
      'one of another scheme',
      request('GET ftp://localhost/a HTTP/1.1', HOST),
      { status: 400, body: { code: 'invalid_request' } },
    ],
    ['one without a host', request('GET http:// HTTP/1.1', HOST), { status: 400, body: { code: 'invalid_request' } }],
    [
      'a target with a fragment',
      request('GET /key/a#b HTTP/1.1', HOST),
      { status: 400, body: { code: 'invalid_request' } },
    ],
    ['an asterisk', request('OPTIONS * HTTP/1.1', HOST), { status: 400, body: { code: 'invalid_request' } }],
    [
      'two slashes at the beginning',
      request('GET //key/a HTTP/1.1', HOST),
      { status: 200, body: { routeKey: '$default', path: '//key/a' } },
    ],
    ['segments that are dots', request('GET /nothing/../key/./a HTTP/1.1', HOST), { status: 200, body: { key: 'a' } }],
    ['the same with escapes', request('GET /nothing/%2e%2E/key/a HTTP/1.1', HOST), { status: 200, body: { key: 'a' } }],
    ['a backslash', request('GET /key/a\\b HTTP/1.1', HOST), { status: 200, body: { key: 'a\\b' } }],
    ['half an escape in a key', request('GET /key/a%2 HTTP/1.1', HOST), { status: 400, body: { code: 'invalid_key' } }],
    [
      'an escape in a key that is no UTF-8',
      request('GET /key/%ff HTTP/1.1', HOST),
      { status: 400, body: { code: 'invalid_key' } },
    ],
    [
      'half an escape in a query',
      request('GET /key/a?x=%2 HTTP/1.1', HOST),
      { status: 400, body: { code: 'invalid_parameter' } },
    ],
    [
      'an escape in a query that is no UTF-8',
      request('GET /key/a?%ff=1 HTTP/1.1', HOST),
      { status: 400, body: { code: 'invalid_parameter' } },
    ],
    [
      'a query of separators',
      request('GET /key/a?&&=&a&b=c=d&b=+%2B HTTP/1.1', HOST),
      { status: 200, body: { query: { '': '', a: '', b: 'c=d, +' } } },
    ],
    [
      'names that every object has',
      request('GET /key/a?__proto__=1&constructor=2 HTTP/1.1', HOST, 'constructor: 1', '__proto__: 2'),
      { status: 200, body: { key: 'a' } },
    ],
    [
      'cookies that are none',
      request(GET, HOST, 'Cookie: ;;=; a="', 'Cookie: \xff'),
      { status: 200, body: { cookies: ['', '', '=', 'a=",\xff'] } },
    ],
    ['a body of a GET', `${request(GET, HOST, JSON_TYPE, 'Content-Length: 3')}abc`, { status: 200, body: { body: 3 } }],
    [
      'chunks with extensions and trailers',
      `${request(PUT, HOST, JSON_TYPE, 'Transfer-Encoding: chunked')}3;a=b\r\nabc\r\n0\r\nX: y\r\n\r\n`,
      { status: 200, body: { body: 3 } },
    ],
    ['empty lines before a request', `\r\n\r\n${request(GET, HOST)}`, { status: 200, body: { key: 'a' } }],
    ['a Host without a name', request(GET, 'Host:'), { status: 200, body: { key: 'a' } }],
  ])('%s', async (_, bytes, { status, body }) => {
    const [answer, next] = answersIn(await sendRaw(port, bytes + NEXT));
    expect([answer?.status, JSON.parse(Buffer.from(answer?.body ?? '', 'latin1').toString())]).toEqual([
      status,
      expect.objectContaining(body),
    ]);
    expect([next?.status, JSON.parse(next?.body ?? '')]).toEqual([200, expect.objectContaining({ key: 'next' })]);
  });

  test('a request for another protocol is answered as if it asked for none, and its connection ends', async () => {
    const upgrade = request(PUT, HOST, 'Connection: Upgrade', 'Upgrade: h2c', 'Content-Length: 3', JSON_TYPE);
    const [answer, ...more] = answersIn(await sendRaw(port, `${upgrade}abc${NEXT}`));
    expect([answer?.status, JSON.parse(answer?.body ?? ''), more]).toEqual([
      200,
      expect.objectContaining({ body: 3 }),
      [],
    ]);
  });

  test('HTTP/1.0 without Host is answered, and its connection ends', async () => {
    const [answer, ...more] = answersIn(await sendRaw(port, request('GET /key/a HTTP/1.0')));
    expect([answer?.status, answer?.headers.connection, more]).toEqual([200, 'close', []]);
  });

  test('a client that waits is told to continue, and answered', async () => {
    const { socket, received, closed } = await rawConnection(port);
    socket.write(request(PUT, HOST, 'Expect: 100-continue', 'Content-Length: 3', 'Connection: close', JSON_TYPE));
    while (!received().includes('100 Continue')) await once(socket, 'data');
    socket.write('abc');
    await closed;
    expect(answersIn(received()).map(({ status }) => status)).toEqual([100, 200]);
  });

  test('a request that nonsense follows is answered, and its connection ends', async () => {
    const [answer, ...more] = answersIn(await sendRaw(port, `${request(GET, HOST)}nonsense\r\n\r\n`));
    expect([answer?.status, answer?.headers.connection, more]).toEqual([200, 'close', []]);
  });

  test('a hundred requests at once are answered in order', async () => {
    const requests = Array.from({ length: 100 }, (_, i) => request(`GET /key/${i} HTTP/1.1`, HOST));
    const answers = answersIn(await sendRaw(port, requests.join('') + NEXT));
    expect(answers.map(({ body }) => JSON.parse(body).key)).toEqual([...requests.keys()].map(String).concat('next'));
  });
});

describe('P8 who is slow', () => {
  const slow = new Gateway({
    routes: ['$default'],
    invoke: async () => ({ statusCode: 200 }),
    limits: { headersMs: 150, requestMs: 300, idleMs: 150 },
  });
  let slowPort: number;
  beforeAll(async () => {
    slowPort = await listen(slow);
  });
  afterAll(() => slow.stop(0));

  test.each<[what: string, start: string, then: string]>([
    ['headers byte by byte', '', 'GET /key/a HTTP/1.1\r\nHost: localhost\r\nX-Endless: '],
    ['a body byte by byte', request(PUT, HOST, 'Content-Length: 1000000'), 'x'],
    ['chunks byte by byte', request(PUT, HOST, 'Transfer-Encoding: chunked'), '1\r\nx\r\n'],
  ])('%s: 408, and the end of the connection', async (_, start, then) => {
    const text = start === '' ? then + 'x'.repeat(10_000) : start + then.repeat(10_000);
    const [answer] = answersIn(await drip(slowPort, text.slice(0), 5));
    expect([answer?.status, JSON.parse(answer?.body ?? '')]).toEqual([
      408,
      expect.objectContaining({ code: 'request_timeout' }),
    ]);
    expect(answer?.headers.connection).toBe('close');
  });

  test('a connection on which nothing comes is closed', async () => {
    const { closed } = await rawConnection(slowPort);
    await closed;
  });

  test('a connection that nobody uses after an answer is closed', async () => {
    const { socket, received, closed } = await rawConnection(slowPort);
    socket.write(request(GET, HOST));
    await closed;
    expect(answersIn(received()).map(({ status }) => status)).toEqual([200]);
  });
});
