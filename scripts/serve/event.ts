// Requests as an HTTP API of API Gateway hands them to a function (payload format 2.0).
import { isUtf8 } from 'node:buffer';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { Fields } from './framing.ts';
import type { Match } from './router.ts';
import { DEFAULT_ROUTE } from './routes.ts';
import { decodeKey, parametersOf, type Target } from './target.ts';

export interface Received extends Fields {
  readonly requestId: string;
  readonly method: string;
  readonly target: Target;
  readonly match: Match;
  /** Absent: it has none. */
  readonly body?: Buffer | undefined;
  readonly sourceIp: string;
}

/** These content types arrive as text, everything else, and what is not UTF-8, as base64. */
const TEXT = /^(text\/|application\/(json|javascript|xml|.+\+json|.+\+xml))/;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * Each request makes one, so nothing is spread into it that is not there.
 * @throws TandemError `invalid_key`, `invalid_parameter` for escapes that are no UTF-8
 */
export function eventOf(received: Received): APIGatewayProxyEventV2 {
  const { requestId, method, target, headers, cookies, body, sourceIp } = received;
  const { routeKey, parameter } = received.match;
  const { path, query } = target;
  const now = Date.now();
  const event: APIGatewayProxyEventV2 = {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: query,
    headers,
    requestContext: {
      accountId: 'local',
      apiId: 'local',
      domainName: headers.host ?? '',
      domainPrefix: 'local',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp, userAgent: headers['user-agent'] ?? '' },
      requestId,
      routeKey,
      stage: DEFAULT_ROUTE,
      time: logTime(now),
      timeEpoch: now,
    },
    isBase64Encoded: false,
  };
  const parameters = parametersOf(query);
  if (parameters) event.queryStringParameters = parameters;
  if (cookies) event.cookies = [...cookies];
  if (parameter) event.pathParameters = { [parameter.name]: decodeKey(parameter.text) };
  if (body !== undefined && body.length > 0) {
    const isText = TEXT.test(headers['content-type'] ?? '') && isUtf8(body);
    event.body = body.toString(isText ? 'utf8' : 'base64');
    event.isBase64Encoded = !isText;
  }
  return event;
}

let second = Number.NaN;
let secondText = '';

/** As gateways write it, `22/Nov/2026:07:00:00 +0000`; made once for each second. */
function logTime(ms: number): string {
  const now = Math.floor(ms / 1000);
  if (now === second) return secondText;
  second = now;
  const [day = '', time = ''] = new Date(ms).toISOString().split(/[T.]/);
  const [year, month, date] = day.split('-');
  secondText = `${date}/${MONTHS[Number(month) - 1]}/${year}:${time} +0000`;
  return secondText;
}
