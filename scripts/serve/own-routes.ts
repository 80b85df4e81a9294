// The routes that only this runner has: `GET /metrics`, which counts for one process, and a deployed node has many.
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { methodNotAllowed, type TandemError } from '../../lib/errors.ts';
import type { Invoke } from './gateway.ts';
import { CONTENT_TYPE, type Metrics } from './metrics.ts';

const PATH = '/metrics';
const METHODS = ['GET', 'HEAD'];

/** Their keys, beside those of serverless.yml. */
export const OWN_ROUTES: readonly string[] = METHODS.map((method) => `${method} ${PATH}`);

/** Puts them before the functions. */
export function withOwnRoutes(invoke: Invoke, metrics: Metrics): Invoke {
  return (routeKey, event) => {
    if (OWN_ROUTES.includes(routeKey)) return answerMetrics(invoke, event, metrics);
    if (event.rawPath === PATH) return Promise.reject(notAllowed());
    return invoke(routeKey, event);
  };
}

/** Whoever may read the status may read this: the function of the status says so, with the token of this request. */
async function answerMetrics(
  invoke: Invoke,
  event: APIGatewayProxyEventV2,
  metrics: Metrics,
): Promise<APIGatewayProxyStructuredResultV2> {
  const { requestContext } = event;
  const { method } = requestContext.http;
  const routeKey = 'GET /status';
  const http = { ...requestContext.http, method: 'GET', path: '/status' };
  const asked = { ...event, routeKey, rawPath: '/status', requestContext: { ...requestContext, routeKey, http } };
  const { statusCode, headers, body = '' } = await invoke(routeKey, asked);
  const result =
    statusCode === 200
      ? { statusCode, headers: { ...headers, 'content-type': CONTENT_TYPE }, body: metrics.text(JSON.parse(body)) }
      : { statusCode: statusCode ?? 200, headers: headers ?? {}, body };
  if (method === 'GET') return result;
  return { ...result, headers: { ...result.headers, 'content-length': `${Buffer.byteLength(result.body)}` }, body: '' };
}

function notAllowed(): TandemError {
  const allow = METHODS.join(', ');
  return methodNotAllowed(`${PATH} takes ${allow}.`, allow);
}
