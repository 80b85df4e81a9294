// The gateway of a node: takes HTTP requests, bounds them, and calls the function of their route. Whatever it answers by itself is
// a problem detail, as of the functions.
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { TandemError } from '../../lib/errors.ts';
import { isPreflight, type Received } from '../browsers/refusal.ts';
import { endAfter, type FlatHeaders } from './answer.ts';
import { Bodies, ClientGone, hasBody, MAX_BODY_BYTES, MAX_READ_BYTES, tooLarge } from './body.ts';
import { eventOf } from './event.ts';
import { Exchange, type Shared, type Watch } from './exchange.ts';
import { type Fields, fieldsOf } from './framing.ts';
import { createRouter, type Router } from './router.ts';
import { type Target, targetOf } from './target.ts';
import { UnderWay } from './under-way.ts';
import { answerUnreadable } from './unreadable.ts';

/** Calls the function that a route names. @throws when the function does */
export type Invoke = (routeKey: string, event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>;

/** Time limits, in milliseconds. */
export interface GatewayLimits {
  /** For the headers of a request to arrive. */
  readonly headersMs: number;
  /** For a whole request to arrive. */
  readonly requestMs: number;
  /** For a function to answer, and again for its client to take the answer. */
  readonly functionMs: number;
  /** How long a connection is kept that nobody uses. */
  readonly idleMs: number;
}

export interface GatewayOptions {
  /** As serverless.yml names them. */
  readonly routes: Iterable<string>;
  readonly invoke: Invoke;
  /** Says why a request is refused, before anything of it is read or done. */
  readonly admit?: (request: Received) => string | undefined;
  /** The header fields by which a page may read an answer. */
  readonly readableBy?: (origin: string | undefined) => FlatHeaders;
  /** The header fields of the answer to a preflight. Absent: it is a request like any other. */
  readonly preflight?: FlatHeaders;
  readonly limits?: Partial<GatewayLimits>;
  /** Certificate and key, in PEM. */
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly watch?: Watch;
}

export const LIMITS: GatewayLimits = { headersMs: 10_000, requestMs: 30_000, functionMs: 30_000, idleMs: 65_000 };
/** Open at a time; further ones are closed at once. */
export const MAX_CONNECTIONS = 10_000;
/** Of the target and all headers of a request, in bytes. */
export const MAX_HEADER_BYTES = 16 * 1024;
const NOTHING: FlatHeaders = [];

export class Gateway {
  /** It does not listen yet. */
  readonly server: Server;
  readonly #options: GatewayOptions;
  readonly #limits: GatewayLimits;
  readonly #router: Router;
  readonly #bodies = new Bodies();
  readonly #underWay: UnderWay;
  readonly #shared: Shared;
  /** Connections on which no request has come: Node does not count them among the idle ones. */
  readonly #unused = new Set<Socket>();

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#limits = { ...LIMITS, ...options.limits };
    this.#shared = { watch: options.watch, isStopping: false };
    this.#router = createRouter(options.routes);
    this.#underWay = new UnderWay(this.#limits.functionMs);
    this.server = serverOf(this.#limits, options.tls);
    this.server.on(options.tls ? 'secureConnection' : 'connection', (socket: Socket) => {
      this.#unused.add(socket);
      socket.once('close', () => this.#unused.delete(socket));
    });
    this.server.on('request', (request, response) => this.#receive(request, response));
    this.server.on('checkContinue', (request, response) => this.#receive(request, response, true));
    this.server.on('checkExpectation', (request, response) => this.#receive(request, response, false));
    answerUnreadable(this.server, (code) => options.watch?.refused(code));
  }

  /**
   * Takes no more connections, answers what is under way, and closes.
   * @param limitMs after which whatever is still open is cut off
   */
  async stop(limitMs: number): Promise<void> {
    this.#shared.isStopping = true;
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.#unused) socket.destroy();
    const timer = setTimeout(() => this.server.closeAllConnections(), limitMs);
    await closed;
    clearTimeout(timer);
  }

  /** @param continues whether the client waits to be told to send its body; `false`: it expects what there is not */
  #receive(request: IncomingMessage, response: ServerResponse, continues?: boolean): void {
    if (this.#unused.size > 0) this.#unused.delete(request.socket);
    const exchange = new Exchange(request, response, this.#shared);
    let fields: Fields;
    try {
      fields = fieldsOf(request);
    } catch (error) {
      // Nobody can say where the next request begins.
      this.#refuse(exchange, error, true);
      return;
    }
    // Node reads nothing after a request that wants another protocol.
    if (fields.headers.upgrade !== undefined) response.shouldKeepAlive = false;
    try {
      this.#admit(request, fields, exchange);
      if (continues === false)
        throw new TandemError('expectation_failed', 'Of expectations only 100-continue is known.');
      const target = targetOf(request.url ?? '/');
      if (this.#options.preflight && isPreflight({ method: request.method, headers: fields.headers }))
        exchange.answer({ statusCode: 204 }, this.#options.preflight);
      else if (!hasBody(fields.headers)) this.#invoke(exchange, fields, target);
      else this.#readBody(exchange, fields, target, continues === true);
    } catch (error) {
      // The next request begins after its body, which may be long, or held back.
      this.#refuse(exchange, error, hasBody(fields.headers) && !request.complete);
    }
  }

  #admit(request: IncomingMessage, { headers }: Fields, exchange: Exchange): void {
    const { admit, readableBy } = this.#options;
    const refusal = admit?.({ method: request.method, url: request.url, headers });
    if (refusal !== undefined) throw new TandemError('forbidden_origin', refusal);
    exchange.more = readableBy?.(headers.origin) ?? NOTHING;
  }

  #refuse(exchange: Exchange, error: unknown, ends: boolean): void {
    if (ends) endAfter(exchange.request, exchange.response);
    exchange.fail(error);
  }

  #readBody(exchange: Exchange, fields: Fields, target: Target, continues: boolean): void {
    const { request, response } = exchange;
    const announced = Number(fields.headers['content-length'] ?? 0);
    // A body that was held back will not come.
    if (continues && announced > MAX_BODY_BYTES) throw tooLarge();
    if (continues) response.writeContinue();
    this.#bodies.read(request, announced).then(
      (body) => this.#invoke(exchange, fields, target, body),
      (error) => {
        if (!(error instanceof ClientGone))
          this.#refuse(exchange, error, announced > MAX_READ_BYTES || !request.complete);
      },
    );
  }

  #invoke(exchange: Exchange, fields: Fields, target: Target, body?: Buffer): void {
    const { request, requestId } = exchange;
    const method = request.method as string;
    const match = this.#router(method, target.path);
    exchange.routeKey = match.routeKey;
    const sourceIp = request.socket.remoteAddress ?? '';
    const { cookies } = fields;
    // As API Gateway says it of itself.
    const headers = this.#options.tls ? { ...fields.headers, 'x-forwarded-proto': 'https' } : fields.headers;
    try {
      const event = eventOf({ requestId, method, target, headers, cookies, match, body, sourceIp });
      exchange.begin(this.#underWay, this.#limits.functionMs);
      this.#options.invoke(match.routeKey, event).then(
        (result) => exchange.answer(result),
        (error) => exchange.fail(error),
      );
    } catch (error) {
      exchange.fail(error);
    }
  }
}

function serverOf({ headersMs, requestMs, idleMs }: GatewayLimits, tls: GatewayOptions['tls']): Server {
  const options: ServerOptions = {
    headersTimeout: Math.min(headersMs, requestMs),
    requestTimeout: requestMs,
    keepAliveTimeout: idleMs,
    connectionsCheckingInterval: Math.min(1000, headersMs, requestMs),
    maxHeaderSize: MAX_HEADER_BYTES,
    insecureHTTPParser: false,
    // Said by framing.ts, with a problem detail.
    requireHostHeader: false,
  };
  // An import of node:http would load all that it exports, WebSockets included: a tenth of the time that a start takes.
  const server = tls
    ? process.getBuiltinModule('node:https').createServer({ ...options, ...tls, handshakeTimeout: headersMs })
    : process.getBuiltinModule('node:http').createServer(options);
  server.maxConnections = MAX_CONNECTIONS;
  // Bounded by their size: Node would leave out the 2,001st without a word.
  server.maxHeadersCount = 0;
  return server;
}
