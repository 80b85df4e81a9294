// How many requests the gateway lets through. Every route has a limit of its own, so that clients cannot use up what
// replication needs. The default of the stage is for what is no route: the gateway answers preflights by itself.
import { integerParam } from './param.ts';

/** From `custom.deploy` in serverless.yml: requests a second (`…Rate`), and at one moment (`…Burst`). */
export interface ThrottleSettings {
  /** Each method of `/key/{key+}` but PATCH. */
  readonly requestRate: number | string;
  readonly requestBurst: number | string;
  /** Each other route of clients, and whatever is no route. */
  readonly otherRate: number | string;
  readonly otherBurst: number | string;
  /** Each route between the nodes. */
  readonly peerRate: number | string;
  readonly peerBurst: number | string;
}

/** Properties of AWS::ApiGatewayV2::Stage. */
export interface Throttles {
  readonly DefaultRouteSettings: Throttle;
  readonly RouteSettings: Readonly<Record<string, Throttle>>;
}

interface Throttle {
  readonly ThrottlingRateLimit: number;
  readonly ThrottlingBurstLimit: number;
}

const KEYED = /^(GET|HEAD|PUT|DELETE) \/key\/\{key\+\}$/;
const READING = /^(GET|HEAD) /;
const BETWEEN_NODES = new Set([
  'POST /replicate',
  'GET /digest',
  'POST /digest',
  'POST /handshake',
  'POST /switchover',
]);

/**
 * @param routes as the template names them, `$default` included
 * @throws Error naming the param that is wrong
 */
export function throttlesOf(routes: readonly string[], settings: ThrottleSettings): Throttles {
  const limit = (name: 'request' | 'other' | 'peer'): Throttle => ({
    ThrottlingRateLimit: integerParam(`${name}Rate`, settings[`${name}Rate`]),
    ThrottlingBurstLimit: integerParam(`${name}Burst`, settings[`${name}Burst`]),
  });
  const [request, other, peer] = [limit('request'), limit('other'), limit('peer')];
  // Instances of Lambda do not share requests to the other node: each write may be a message of its own.
  const writing = routes.filter((route) => KEYED.test(route) && !READING.test(route)).length;
  const replicate: Throttle = {
    ThrottlingRateLimit: peer.ThrottlingRateLimit + writing * request.ThrottlingRateLimit,
    ThrottlingBurstLimit: peer.ThrottlingBurstLimit + writing * request.ThrottlingBurstLimit,
  };
  const throttleOf = (route: string) => {
    if (route === 'POST /replicate') return replicate;
    if (BETWEEN_NODES.has(route)) return peer;
    return KEYED.test(route) ? request : other;
  };
  return {
    DefaultRouteSettings: other,
    RouteSettings: Object.fromEntries(routes.map((route) => [route, throttleOf(route)])),
  };
}
