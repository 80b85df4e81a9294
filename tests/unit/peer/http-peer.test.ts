// Every way in which a replica can fail to answer has a reason of its own, in words.
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import { MAX_ANSWER_BYTES } from '../../../lib/limits.ts';
import { httpPeer } from '../../../lib/peer/http-peer.ts';
import { PeerError } from '../../../lib/peer/peer.ts';
import { connectionsOf } from '../../support/dead-connections.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

const record = { key: 'k', value: '1', epoch: 1, version: 1, updatedAt: 1 };
const peerAt = (url: string) =>
  httpPeer(
    () => url,
    () => ['secret'],
  );
const batch = { from: 'a', to: 'r', epoch: 1, records: [record] };
const replicate = (url: string) => peerAt(url).replicate(batch);
const problem =
  (status: number, code: string): RequestListener =>
  (_, response) =>
    response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify({ code }));
const answers = [{ outcome: 'applied' }];
const good = JSON.stringify({ protocol: 2, answers });

test('sends the batch with the token, and gives the answer', async () => {
  const seen: unknown[] = [];
  const url = await serve(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    seen.push(request.method, request.url, request.headers.authorization, JSON.parse(body));
    response.end(good);
  });
  expect(await replicate(url)).toEqual({ answers });
  expect(seen).toEqual(['POST', '/replicate', 'Bearer secret', { protocol: 2, ...batch }]);
});

describe('P6 P8 the reason', () => {
  test.each<[string, RequestListener, RegExp]>([
    ['a server error', problem(500, 'internal_error'), /answered 500 \(internal_error\)/],
    ['an error page of something else', (_, response) => response.writeHead(502).end('<html>'), /answered 502$/],
    ['a wrong token', problem(403, 'forbidden'), /answered 403 \(forbidden\)/],
    ['a primary that answers', problem(421, 'not_replica'), /wrong node: .* is a primary/],
    ['a stale epoch', problem(409, 'stale_epoch'), /newer primary \(stale_epoch\)/],
    ['no JSON', (_, response) => response.end('hello'), /malformed answer/],
    ['JSON of another shape', (_, response) => response.end('{"ok":true}'), /malformed answer/],
    ['too few outcomes', (_, response) => response.end('{"protocol":2,"answers":[]}'), /malformed answer/],
    [
      'an answer of version 0.1',
      (_, response) => response.end(JSON.stringify({ id: 'r', answers })),
      /^peer speaks protocol 1, and this node 2/,
    ],
    [
      'an answer of a later version',
      (_, response) => response.end(JSON.stringify({ protocol: 3, answers })),
      /^peer speaks protocol 3, and this node 2/,
    ],
    [
      'an outcome that does not exist',
      (_, response) => response.end('{"protocol":2,"answers":[{"outcome":"maybe"}]}'),
      /malformed answer/,
    ],
    ['an endless answer', (_, response) => void endless(response), /malformed answer/],
    ['a connection closed instead', (request) => request.socket.destroy(), /closed the connection/],
    [
      'an answer cut off',
      (_, response) => void response.writeHead(200, { 'content-length': '100' }).write('{', () => response.destroy()),
      /closed the connection|aborted/,
    ],
    ['no answer', () => {}, /timed out: no answer within 2000 ms/],
    ['an answer that never ends', (_, response) => void response.writeHead(200).write('{'), /timed out/],
    ['an answer that goes on and on, a little at a time', (_, response) => drip(response), /timed out/],
    ['hints that go on and on', (_, response) => hint(response), /timed out/],
    ['a compressed answer', (_, response) => compressed(response), /malformed answer/],
    [
      'an answer with a header of 20 KB',
      (_, response) => response.writeHead(200, { 'x-long': 'x'.repeat(20_000) }).end(good),
      /malformed answer/,
    ],
    [
      'an answer that is longer than it says',
      ({ socket }) => void socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n${good}`),
      /malformed answer/,
    ],
    [
      'a redirect',
      (_, response) => response.writeHead(307, { location: '/elsewhere' }).end(),
      /^replica answered 307$/,
    ],
  ])('for %s', async (_, listener, reason) => {
    await expect(replicate(await serve(listener))).rejects.toThrow(reason);
  });

  test('P8 a redirect is not followed: what it names gets neither the records nor the token', async () => {
    const asked: unknown[] = [];
    const other = await serve((request, response) => {
      asked.push(request.url);
      response.end(good);
    });
    for (const status of [301, 302, 303, 307, 308]) {
      const url = await serve((_, response) => response.writeHead(status, { location: `${other}/replicate` }).end());
      await expect(replicate(url)).rejects.toThrow(`replica answered ${status}`);
    }
    expect(asked).toEqual([]);
  });

  test('P8 an endless answer is read up to 8 MiB, and no further', async () => {
    let sent: Socket | undefined;
    const url = await serve(({ socket }, response) => {
      sent = socket;
      endless(response);
    });
    // A question, which has time enough for that on a busy machine.
    await expect(peerAt(url).stamps({ from: 'a', to: 'r', buckets: [1] })).rejects.toThrow(/malformed answer/);
    expect(sent?.bytesWritten).toBeGreaterThan(MAX_ANSWER_BYTES);
    // What the system keeps on its way is not read.
    expect(sent?.bytesWritten).toBeLessThan(4 * MAX_ANSWER_BYTES);
  });

  test('for a port where nobody listens', async () => {
    const error = await replicate('http://127.0.0.1:1').catch((e) => e);
    expect(error).toBeInstanceOf(PeerError);
    expect(error.message).toMatch(/connection refused at http:\/\/127.0.0.1:1/);
  });

  test('for a host that does not exist', async () => {
    await expect(replicate('http://no-such-host.invalid')).rejects.toThrow(/unreachable: (no such host|EAI_AGAIN)/);
  });
});

test.each<[string, object, object]>([
  ['the higher epoch', { code: 'stale_epoch', highestEpoch: 9 }, { highestEpoch: 9 }],
  ['who began it', { code: 'stale_epoch', highestEpoch: 9, begunBy: 'x' }, { highestEpoch: 9, begunBy: 'x' }],
  ['the contents that are there now', { code: 'other_contents', id: 'x' }, { contentsId: 'x' }],
])('a refusal tells %s', async (_, content, failure) => {
  const url = await serve((_, response) => response.writeHead(409).end(JSON.stringify(content)));
  await expect(replicate(url)).rejects.toMatchObject({ failure });
});

test.each<[string, object, string]>([
  [
    'what it lacks',
    { code: 'not_in_sync', detail: 'The lead was not given away.', reason: 'it lacks k' },
    'it lacks k',
  ],
  ['that it is about to', { code: 'switching', detail: 'Try again in a moment.' }, 'Try again in a moment.'],
  ['that it recovers', { code: 'recovering' }, 'recovering'],
  ['no more than 500 characters', { code: 'not_in_sync', reason: 'x'.repeat(1000) }, 'x'.repeat(500)],
])('R11 a primary that does not give the lead away says why: %s', async (_, content, notInSync) => {
  const url = await serve((_, response) => response.writeHead(409).end(JSON.stringify(content)));
  await expect(peerAt(url).switchover({ from: 'b', to: 'a' })).rejects.toMatchObject({ failure: { notInSync } });
});

test('R11 the lead is asked for at a route of its own', async () => {
  const seen: unknown[] = [];
  const url = await serve(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    seen.push(request.method, request.url, JSON.parse(body));
    response.end(JSON.stringify({ protocol: 2, to: 'b', epoch: 7 }));
  });
  expect(await peerAt(url).switchover({ from: 'b', to: 'a' })).toEqual({ to: 'b', epoch: 7 });
  expect(seen).toEqual(['POST', '/switchover', { protocol: 2, from: 'b', to: 'a' }]);
});

test('only a refused connection says that nobody listens', async () => {
  await expect(replicate('http://127.0.0.1:1')).rejects.toMatchObject({ failure: { isConnectionRefused: true } });
  const closing = await serve((request) => request.socket.destroy());
  await expect(replicate(closing)).rejects.toMatchObject({ failure: { isConnectionRefused: false } });
});

test('a node that knows no handshake speaks protocol 1', async () => {
  const own = { role: 'primary', id: 'a', state: 'serving', highestEpoch: 1 } as const;
  const old = await serve(problem(404, 'no_such_route'));
  await expect(peerAt(old).handshake(own)).rejects.toThrow(/^peer speaks protocol 1, and this node 2/);
});

test.each([
  [{}, 1],
  [{ protocol: 3 }, 3],
])('a node that finds nothing that it understands, and says %j, speaks protocol %d', async (said, protocol) => {
  const other = await serve((_, response) =>
    response.writeHead(422).end(JSON.stringify({ code: 'invalid_body', ...said })),
  );
  await expect(replicate(other)).rejects.toThrow(new RegExp(`^peer speaks protocol ${protocol}, and this node 2`));
});

test('a node of this protocol that refuses a message says why', async () => {
  const content = { code: 'invalid_body', protocol: 2 };
  const same = await serve((_, response) => response.writeHead(422).end(JSON.stringify(content)));
  await expect(replicate(same)).rejects.toThrow('replica answered 422 (invalid_body)');
});

test('where the peer is, and its token, are looked up for every request', async () => {
  const seen: unknown[] = [];
  const answerAs =
    (name: string): RequestListener =>
    (request, response) => {
      seen.push([name, request.headers.authorization]);
      response.end(good);
    };
  const urls = [await serve(answerAs('first')), await serve(answerAs('second'))];
  const tokens = [['a', 'b'], Promise.resolve(['b', 'a'])];
  const peer = httpPeer(
    async () => urls.shift() as string,
    () => tokens.shift() as string[],
  );
  await peer.replicate(batch);
  await peer.replicate(batch);
  expect(seen).toEqual([
    ['first', 'Bearer a'],
    ['second', 'Bearer b'],
  ]);
});

test.each<[string, () => Promise<never>]>([
  ['cannot be read', () => Promise.reject(new Error('a secret of the inside'))],
  ['is not read in time', () => new Promise<never>(() => {})],
])('P6 a token that %s is a reason like any other, and holds no request up for good', async (_, tokens) => {
  const peer = httpPeer(() => 'http://127.0.0.1:1', tokens);
  const error = await peer.digest({ from: 'a', to: 'r' }).catch((e) => e);
  expect(error).toBeInstanceOf(PeerError);
  expect(error.message).toMatch(/its token could not be read \(see the log of this node\)$/);
});

test('a kept connection that the other side has closed is no failure: the request goes again on a new one', async () => {
  const connections: Socket[] = [];
  // Answers one request per connection, and resets the connection when the next one comes.
  const server = createTcpServer((socket) => {
    connections.push(socket);
    socket.once('data', () => {
      socket.write(`HTTP/1.1 200 OK\r\nconnection: keep-alive\r\ncontent-length: ${good.length}\r\n\r\n${good}`);
      socket.once('data', () => socket.resetAndDestroy());
    });
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const peer = peerAt(`http://127.0.0.1:${(server.address() as { port: number }).port}`);
    await peer.replicate(batch);
    expect(await peer.replicate(batch)).toEqual({ answers });
    expect(connections).toHaveLength(2);
  } finally {
    server.close();
    for (const socket of connections) socket.destroy();
  }
});

test('many kept connections that have all died are noticed at the first: as when a process wakes up', async () => {
  let together = 3;
  const waiting: ServerResponse[] = [];
  const server = createServer((request, response) => {
    if (connections.breaks(request)) return;
    // The first ones are answered together, so that each has a connection of its own.
    waiting.push(response);
    if (waiting.length < together) return;
    for (const each of waiting.splice(0)) each.end(good);
  });
  servers.push(server);
  const connections = connectionsOf(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const peer = peerAt(`http://127.0.0.1:${(server.address() as { port: number }).port}`);
  await Promise.all(Array.from({ length: together }, () => peer.replicate(batch)));
  together = 1;
  connections.sever();
  expect(await peer.replicate(batch)).toEqual({ answers });
});

function endless(response: ServerResponse): void {
  const chunk = Buffer.alloc(1024 * 1024, ' ');
  const more = () => {
    while (!response.destroyed && response.write(chunk));
    response.once('drain', more);
  };
  more();
}

/** An answer of spaces, one each 20 ms. */
function drip(response: ServerResponse): void {
  response.writeHead(200);
  const timer = setInterval(() => response.write(' '), 20);
  response.on('close', () => clearInterval(timer));
}

/** Interim answers, one each 20 ms. */
function hint(response: ServerResponse): void {
  const timer = setInterval(() => response.writeProcessing(), 20);
  response.on('close', () => clearInterval(timer));
}

function compressed(response: ServerResponse): void {
  response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(good));
}
