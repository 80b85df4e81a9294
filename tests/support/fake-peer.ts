// A server in the place of the other node that answers whatever a test says.
import { createServer } from 'node:http';
import { httpPeer } from '../../lib/peer/http-peer.ts';
import type { Peer } from '../../lib/peer/peer.ts';
import { withProtocol } from '../../lib/peer/wire.ts';

export interface FakePeer {
  /** The way to it. */
  readonly peer: Peer;
  /** What it answers from now on; that it is of the present protocol is added. */
  answer(content: object, status?: number): void;
  /** The same, as it is. */
  answerText(text: string, status?: number): void;
  stop(): Promise<void>;
}

export async function startFakePeer(): Promise<FakePeer> {
  let reply = { status: 500, body: '' };
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(reply.status).end(reply.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    peer: httpPeer(
      () => `http://127.0.0.1:${port}`,
      () => ['token'],
    ),
    answer(content, status = 200) {
      reply = { status, body: JSON.stringify(withProtocol(content)) };
    },
    answerText(body, status = 200) {
      reply = { status, body };
    },
    async stop() {
      const stopped = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await stopped;
    },
  };
}
