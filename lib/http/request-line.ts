// One line per request for people, with LOG=requests: time, role, method, path, status, duration, and the replication
// status if there is one.
import type { MiddlewareObj, Request } from '@middy/core';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { believedRole } from '../node/on-demand.ts';
import { config } from '../node/process.ts';
import { type Event, isRead } from './request.ts';

export function requestLine(): MiddlewareObj<Event, APIGatewayProxyStructuredResultV2> {
  const started = new WeakMap<object, number>();
  const print = ({ event, response }: Request<Event, APIGatewayProxyStructuredResultV2>) => {
    const { method, path } = event.requestContext.http;
    if (isPoll(event, response?.statusCode)) return;
    const ms = (performance.now() - (started.get(event) ?? 0)).toFixed(1);
    const status = response?.headers?.['replication-status'] ?? '';
    console.log(
      `${new Date().toISOString().slice(11, 23)} ${believedRole() ?? config.role} ${method} ${path} ${response?.statusCode} ${ms} ms ${status}`.trimEnd(),
    );
  };
  return { before: ({ event }) => void started.set(event, performance.now()), after: print, onError: print };
}

/** Requests that a console or a start script repeats are not worth a line. */
function isPoll(event: Event, status: number | undefined): boolean {
  const { path } = event.requestContext.http;
  return (
    path === '/healthz' ||
    path === '/handshake' ||
    (isRead(event) && status === 200 && ['/status', '/keys', '/faults'].includes(path))
  );
}
