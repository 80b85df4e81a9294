// The one way in and out of every function: role and token are checked before the action, its answer or error
// becomes the gateway's result, and the request is logged.
import middy, { type MiddlewareObj, type Request } from '@middy/core';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Role } from '../config.ts';
import { TandemError } from '../errors.ts';
import { config, log, state } from '../node.ts';
import type { Answer } from './answer.ts';
import { checkPeer } from './authorization.ts';
import { PROBLEMS, problemAnswer } from './problem.ts';
import type { Event } from './request.ts';

export type Action = (event: Event) => Promise<Answer>;

export interface EndpointOptions {
  /** Only a node of this role does it; another answers 421. */
  readonly role?: Role;
  /** Only the other node may ask. */
  readonly peerOnly?: boolean;
  /** A primary answers this before it has recovered, too; anything else gets 503 until then. */
  readonly whileRecovering?: boolean;
}

/** Makes a Lambda function of an action. */
export function endpoint(action: Action, { role, peerOnly = false, whileRecovering = false }: EndpointOptions = {}) {
  const handler = middy<Event, APIGatewayProxyStructuredResultV2>({ timeoutEarlyInMillis: 0 });
  // Middy runs error hooks last to first: the answer is there before the line is printed.
  if (config.log === 'requests') handler.use(requestLine());
  return handler.onError(peerOnly ? answerPeerProblem : answerProblem).handler(async (event: Event) => {
    if (peerOnly) checkPeer(event, config.peerToken);
    if (role !== undefined && role !== config.role) throw misdirected(role);
    if (state.recovering && !whileRecovering) await refuseWhileRecovering();
    return resultOf(await action(event));
  });
}

/** A function that needs no primary does not load one, unless it has to be woken up. */
async function refuseWhileRecovering(): Promise<never> {
  await import('../primary-node.ts');
  throw new TandemError(
    'recovering',
    'This primary has just started and is asking the replica what it holds. Try again.',
  );
}

function resultOf({ status, headers, body }: Answer): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode: status,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { body }),
  };
}

function answerProblem(request: Request<Event, APIGatewayProxyStructuredResultV2>): void {
  const requestId = request.context.awsRequestId;
  if (!(request.error instanceof TandemError)) log.error('internal_error', { requestId }, request.error);
  request.response = resultOf(problemAnswer(request.error, requestId));
}

/** Between the nodes nothing should ever be refused: the log says who sent what. */
function answerPeerProblem(request: Request<Event, APIGatewayProxyStructuredResultV2>): void {
  answerProblem(request);
  const { http } = request.event.requestContext;
  const requestId = request.context.awsRequestId;
  const { error } = request;
  if (error instanceof TandemError && PROBLEMS[error.code].status < 500) {
    log.warn('refused', { path: http.path, from: http.sourceIp, requestId, code: error.code, detail: error.message });
  }
}

function misdirected(role: Role): TandemError {
  if (role === 'replica')
    return new TandemError('not_replica', 'This node is the primary; only a replica takes copies.', {
      replica: config.peerUrl,
    });
  const detail = `This node is the replica and takes no writes. Send it to the primary: ${config.peerUrl}`;
  return new TandemError('not_primary', detail, { primary: config.peerUrl });
}

/** One line per request: time, role, method, path, status, duration, and the replication status if there is one. */
function requestLine(): MiddlewareObj<Event, APIGatewayProxyStructuredResultV2> {
  const started = new WeakMap<object, number>();
  const print = ({
    event,
    response,
  }: {
    event: Event;
    response?: APIGatewayProxyStructuredResultV2 | null | undefined;
  }) => {
    const { method, path } = event.requestContext.http;
    if (isPoll(method, path, response?.statusCode)) return;
    const ms = (performance.now() - (started.get(event) ?? 0)).toFixed(1);
    const status = response?.headers?.['replication-status'] ?? '';
    console.log(
      `${new Date().toISOString().slice(11, 23)} ${config.role} ${method} ${path} ${response?.statusCode} ${ms} ms ${status}`.trimEnd(),
    );
  };
  return { before: ({ event }) => void started.set(event, performance.now()), after: print, onError: print };
}

/** What a console or a start script asks again and again is not worth a line. */
function isPoll(method: string, path: string, status: number | undefined): boolean {
  return path === '/healthz' || (method === 'GET' && status === 200 && ['/status', '/keys', '/faults'].includes(path));
}
