// An HTTP server in front of a node, which may change what the node is told, or what it answers.
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer, text } from 'node:stream/consumers';

export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** @param forward asks the node @returns what the caller gets */
export type Exchanging = (exchange: Exchange, forward: (body?: string) => Promise<Reply>) => Promise<Reply>;

/**
 * @param target the port of the node on this machine
 * @param exchange what becomes of each request
 * @param without headers that the node does not get
 */
export async function front(target: number, exchange: Exchanging, without: readonly string[] = []) {
  const server = createServer(async (incoming, response) => {
    const { method = 'GET', url = '/', headers } = incoming;
    const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !without.includes(name)));
    try {
      const body = await text(incoming);
      const forward = (changed = body) => send(target, { method, path: url, body: changed }, kept);
      const reply = await exchange({ method, path: url, body }, forward);
      const content = Buffer.from(reply.body);
      response.writeHead(reply.status, { ...reply.headers, 'content-length': content.length }).end(content);
    } catch {
      // There is no node: its clients notice it as they would without this server.
      incoming.socket.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function send(port: number, { method, path, body }: Exchange, headers: IncomingMessage['headers']): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const content = Buffer.from(body);
    const length = content.length > 0 && { 'content-length': content.length };
    // A connection of its own: a kept one would fail where the node has been started again.
    const sent = request(
      { port, host: '127.0.0.1', method, path, headers: { ...headers, ...length }, agent: false },
      async (answer) => {
        try {
          const received = (await buffer(answer)).toString();
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: received });
        } catch (error) {
          reject(error);
        }
      },
    );
    sent.on('error', reject);
    sent.end(content);
  });
}
