// An HTTP API of API Gateway on the loopback: the gateway of scripts/serve/, and what API Gateway does otherwise.
import type { AddressInfo } from 'node:net';
import { intercept } from '../../scripts/browsers/intercept.ts';
import { type Invoke, Gateway as NodeGateway } from '../../scripts/serve/gateway.ts';
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
  const { server } = new NodeGateway({ routes, invoke: asApiGateway(invoke) });
  const connections = connectionsOf(server);
  intercept(server, (request) => {
    if (isMuted || connections.breaks(request)) return true;
    const { url = '/' } = request;
    // As if the path had been decoded before anything else looks at it.
    if (cutsPaths) request.url = url.replace(/%3f[^?]*/i, '');
    return false;
  });
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

/** It decodes the path of an event, and tells a client nothing of a function that fails. */
function asApiGateway(invoke: Invoke): Invoke {
  return async (routeKey, event) => {
    const path = decodeURIComponent(event.rawPath);
    const { requestContext } = event;
    const http = { ...requestContext.http, path };
    try {
      return await invoke(routeKey, { ...event, rawPath: path, requestContext: { ...requestContext, http } });
    } catch {
      // What the function logged says why.
      const headers = { 'content-type': 'application/json' };
      return { statusCode: 500, headers, body: '{"message":"Internal Server Error"}' };
    }
  };
}
