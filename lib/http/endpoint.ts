// The one way in and out of every function: role and token are checked before the action, its answer or error
// becomes the gateway's result, and the request is logged.
import middy, { type Request } from '@middy/core';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { TandemError } from '../errors.ts';
import { loadMemoryNode } from '../node/load-memory-node.ts';
import { loadNode, loadRoles } from '../node/on-demand.ts';
import { config, emit, log, observer, settings } from '../node/process.ts';
import { PROTOCOL } from '../peer/protocol.ts';
import type { PairNode } from '../replication/pair-node.ts';
import type { Answer } from './answer.ts';
import { type Access, checkAccess, prepareAccess } from './authorization.ts';
import { requireLead, withAddress } from './lead.ts';
import { PROBLEMS, problemAnswer } from './problem.ts';
import type { Event } from './request.ts';
import { requestLine } from './request-line.ts';
import { structuredLine } from './structured-line.ts';

/** @param problem makes the answer to a part of the request that has failed, as it would be alone */
export type Action = (event: Event, problem: (error: unknown) => Promise<Answer>) => Promise<Answer>;

export interface EndpointOptions {
  /** Who may ask. It is checked before anything else is read, or told. */
  readonly access: Access;
  /**
   * The role on which it depends: `primary` is refused by a replica, with 421. `either`: the store reads as the role wants
   * it, so that is looked up first. Absent: the action looks it up, or does without.
   */
  readonly role?: 'primary' | 'either';
  /** Whether a primary answers this before it has recovered, too; other requests get 503 until then. */
  readonly whileRecovering?: boolean;
}

/**
 * The node, where it lives in this process: in memory, and over SQLite. It starts with the first function of it that is loaded,
 * whichever that is.
 */
const livingNode = config.store.kind === 'dynamodb' ? undefined : await startHere();

async function startHere(): Promise<PairNode> {
  const [node] = await Promise.all([config.store.kind === 'memory' ? loadMemoryNode() : loadNode(), loadRoles()]);
  return node;
}

/** Makes a Lambda function of an action. */
export function endpoint(action: Action, { access, role, whileRecovering = false }: EndpointOptions) {
  prepareAccess(access, settings);
  const handler = middy<Event, APIGatewayProxyStructuredResultV2>({ timeoutEarlyInMillis: 0 });
  // Middy runs error hooks last to first: the answer is there before the line is printed.
  if (config.log === 'requests') handler.use(requestLine());
  if (observer) handler.use(structuredLine(observer));
  return handler
    .onError(access === 'peer' ? answerPeerProblem : answerProblem)
    .handler(async (event: Event, { awsRequestId }) => {
      await checkAccess(access, event, settings);
      if (role === 'primary') await requireLead();
      if (role === 'either') await (await loadRoles()).now();
      if (!whileRecovering) await livingNode?.asked;
      // It refuses with `recovering`.
      if (livingNode?.isRecovering && !whileRecovering) await livingNode.primary();
      try {
        const answer = await action(event, async (error) => told(await withAddress(error), awsRequestId));
        if (answer.metrics) emit(answer.metrics);
        return resultOf(answer, event);
      } catch (error) {
        throw await withAddress(error);
      }
    });
}

/** HEAD gets the headers of GET, the length of its body included, and no body: not every gateway would leave it out. */
function resultOf({ status, headers: more, body }: Answer, event: Event): APIGatewayProxyStructuredResultV2 {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
    ...more,
  };
  if (body === undefined) return { statusCode: status, headers };
  if (event.requestContext.http.method !== 'HEAD') return { statusCode: status, headers, body };
  headers['content-length'] = `${Buffer.byteLength(body)}`;
  return { statusCode: status, headers };
}

type Failed = Request<Event, APIGatewayProxyStructuredResultV2>;

function answerProblem(request: Failed): void {
  answerWith(request, {});
}

/** @param more members beside those of every problem */
function answerWith(request: Failed, more: object): void {
  request.response = resultOf(told(request.error, request.context.awsRequestId, more), request.event);
}

/** The answer to what has failed. What nobody has thought of is logged. */
function told(error: unknown, requestId: string, more: object = {}): Answer {
  if (!(error instanceof TandemError)) log.error('internal_error', { requestId }, error);
  return problemAnswer(error, requestId, more);
}

/** Between the nodes nothing should ever be refused: the log says who sent what. The other one may be of another version. */
function answerPeerProblem(request: Failed): void {
  answerWith(request, { protocol: PROTOCOL });
  const { http } = request.event.requestContext;
  const requestId = request.context.awsRequestId;
  const { error } = request;
  if (error instanceof TandemError && PROBLEMS[error.code].status < 500) {
    // Without the message, which may quote what was sent.
    const where = { path: http.path, from: http.sourceIp, requestId };
    log.warn('refused', { ...where, code: error.code, field: error.extra.field });
  }
}
