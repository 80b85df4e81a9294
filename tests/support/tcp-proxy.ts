// A TCP proxy between the primary and its replica, and what can happen to a connection on the way. A request always
// arrives (unless the line is cut or silent); what is disturbed is the reply, so that the primary cannot know what became
// of it.
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

const DELAY_MS = 300;

type Forward = (chunk: Buffer, to: Socket) => unknown;

const pass: Forward = (chunk, to) => to.write(chunk);
const delay: Forward = (chunk, to) => setTimeout(() => to.writable && to.write(chunk), DELAY_MS);
const http = (status: string, body: string) =>
  `HTTP/1.1 ${status}\r\ncontent-type: text/html\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

/** What the primary gets of each piece of a reply. */
const REPLIES = {
  none: pass,
  delay,
  /** The connection is reset. */
  reset: (_, to) => reset(to),
  /** The direction to the primary is closed; the other stays open. */
  half_close: (_, to) => to.end(),
  swallow: () => undefined,
  /** All but its end arrives, and the connection stays open. */
  stall: (chunk, to) => to.write(chunk.subarray(0, -10)),
  /** All but its end arrives, and the connection is closed. */
  truncate: (chunk, to) => to.end(chunk.subarray(0, -10)),
  garbage: (_, to) => to.write('\x15\x03\x01 this is not HTTP\r\n\r\n'),
  web_page: (_, to) => to.write(http('200 OK', '<h1>Welcome to this hotel</h1>')),
  bad_gateway: (_, to) => to.write(http('502 Bad Gateway', '<h1>502</h1>')),
  /** Nothing arrives in either direction while it lasts; then all of it does, as TCP sends it again. */
  silent: pass,
  /** Every connection is reset, and new ones are refused. */
  cut: () => undefined,
} satisfies Record<string, Forward>;

export type Disturbance = keyof typeof REPLIES;

export interface TcpProxy {
  readonly url: string;
  /** From now on, on connections that are open already, too. */
  set(disturbance: Disturbance): Promise<void>;
  stop(): Promise<void>;
}

/** @param target the port on this machine that it leads to; nothing need listen there yet */
export async function startTcpProxy(target: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let disturbance: Disturbance = 'none';
  const server = createServer({ allowHalfOpen: true }, (primary) => {
    const replica = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true });
    primary.on('data', (chunk: Buffer) => (disturbance === 'delay' ? delay : pass)(chunk, replica));
    replica.on('data', (chunk: Buffer) => REPLIES[disturbance](chunk, primary));
    if (disturbance === 'silent') for (const socket of [primary, replica]) socket.pause();
    tie(primary, replica);
    tie(replica, primary);
  });

  function tie(socket: Socket, other: Socket): void {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('end', () => other.end());
    socket.on('close', () => {
      sockets.delete(socket);
      other.destroy();
    });
  }

  async function listen(port: number): Promise<number> {
    await once(server.listen(port, '127.0.0.1'), 'listening');
    return (server.address() as { port: number }).port;
  }

  async function close(): Promise<void> {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) reset(socket);
    await closed;
  }

  const port = await listen(0);
  return {
    url: `http://127.0.0.1:${port}`,
    async set(next) {
      disturbance = next;
      for (const socket of sockets) next === 'silent' ? socket.pause() : socket.resume();
      if (next === 'cut') await close();
      else if (!server.listening) await listen(port);
    },
    stop: async () => void (server.listening && (await close())),
  };
}

/** One that is being shut down cannot be reset: Node would say nothing, and wait for it when the process ends, for ever. */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
