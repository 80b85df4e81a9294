// One structured line per request, with LOG=json. It names the route and a hash of the key, never the path, which
// contains the key; and the role of the node, where the function has looked it up.
import type { MiddlewareObj, Request } from '@middy/core';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { hashOf } from '../digest.ts';
import { TandemError } from '../errors.ts';
import { believedRole } from '../node/on-demand.ts';
import type { Observer } from '../telemetry/observer.ts';
import type { Event } from './request.ts';
import { routeOf } from './routes.ts';

export function structuredLine(observer: Observer): MiddlewareObj<Event, APIGatewayProxyStructuredResultV2> {
  const started = new WeakMap<object, number>();
  const print = ({ event, context, response, error }: Request<Event, APIGatewayProxyStructuredResultV2>) => {
    const { requestId: gatewayRequestId, routeKey, http } = event.requestContext;
    const key = event.pathParameters?.key;
    const role = believedRole();
    const replicationStatus = response?.headers?.['replication-status'];
    observer.info('request', {
      requestId: context.awsRequestId,
      gatewayRequestId,
      ...(role && { role }),
      route: routeOf(routeKey, http),
      ...(key && { keyHash: hashOf(key) }),
      status: response?.statusCode,
      ...(error && { code: error instanceof TandemError ? error.code : 'internal_error' }),
      ...(replicationStatus && { replicationStatus }),
      durationMs: tenths(performance.now() - (started.get(event) ?? 0)),
    });
  };
  return {
    before({ event, context }) {
      started.set(event, performance.now());
      observer.begin(context);
    },
    after: print,
    onError: print,
  };
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
