// An HTTP API of API Gateway on the loopback: requests become events (payload format 2.0), routes find their function.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { eventOf, matchRoute, sendResult, urlOf } from '../../scripts/serve/event.ts';
import type { Invoke } from '../../scripts/serve/server.ts';
import { connectionsOf } from './dead-connections.ts';

export interface Gateway {
  readonly url: string;
  /** Nobody answers any more, until `open`. */
  close(): Promise<void>;
  open(): Promise<void>;
  /** Takes requests and answers none of them, until it is unmuted. */
  mute(isMuted: boolean): void;
  /** The connections that are open now break at their next use. */
  sever(): void;
}

export interface GatewayOptions {
  /** Where to listen; 0: on a port that is free. */
  readonly onPort?: number;
  /** Whether it cuts a path at a `?`, once it has decoded it: HTTP APIs are said to. */
  readonly cutsPaths?: boolean;
}

/** @param routes as the template names them: `GET /key/{key+}`, `$default` */
export async function startGateway(
  routes: readonly string[],
  invoke: Invoke,
  { onPort = 0, cutsPaths = false }: GatewayOptions = {},
): Promise<Gateway> {
  let isMuted = false;
  const server = createServer(async (request, response) => {
    if (isMuted || connections.breaks(request)) return;
    const { method = 'GET', headers } = request;
    const url = urlOf(request);
    // API Gateway decodes the path before anything else looks at it.
    const decoded = decodeURIComponent(url.pathname);
    const path = cutsPaths ? decoded.replace(/\?.*$/s, '') : decoded;
    const match = matchRoute(method, path, routes);
    const body = await buffer(request);
    try {
      const event = eventOf({ method, path, url, headers, body, match, sourceIp: '127.0.0.1' });
      sendResult(response, await invoke(event.routeKey, event));
    } catch {
      // What the function logged says why; a client is told no more than this.
      response.writeHead(500, { 'content-type': 'application/json' }).end('{"message":"Internal Server Error"}');
    }
  });
  const connections = connectionsOf(server);
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(onPort);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
    open: () => listen(port),
    mute(now) {
      isMuted = now;
    },
    sever: connections.sever,
  };
}
