// Sends one request of the user's, and keeps what went over the wire, both ways.
import { type ClientExchange, otherNode } from '../recording/observation.ts';
import { labelOf, lead, nameOf, nodes, refusedBy } from '../state/nodes.ts';
import { observe } from '../state/observations.ts';
import { token } from '../state/token.ts';
import type { ConsoleNode } from './addresses.ts';
import { ask } from './ask.ts';
import type { Exchange, SentRequest } from './exchange.ts';
import type { Operation } from './operations.ts';
import { isSecretShownTo } from './secret.ts';

/** Longer than the gateway's own limit of 30 s, so that its answer is seen, in milliseconds. */
const LIMIT_MS = 35_000;

let sent = 0;

/**
 * Never throws: no answer is an exchange with an `error`. Of the token, and of the secret of the console, it keeps only whether
 * there was one.
 */
export async function send(operation: Operation, node: ConsoleNode): Promise<Exchange> {
  const number = ++sent;
  const request: SentRequest = {
    ...operation,
    node,
    url: node.url + operation.path,
    nodeName: nameOf(node.id),
    otherName: nameOf(otherNode(node.id)),
    nodeLabel: labelOf(node.id),
    hasToken: token.value !== '',
    hasSecret: isSecretShownTo(node),
  };
  const startedAt = Date.now();
  const start = performance.now();
  observeClient(number, request);
  const answered = await answerOf(operation, node);
  const exchange = { number, request, startedAt, durationMs: performance.now() - start, ...answered };
  observeClient(number, request, exchange.response?.status ?? 0);
  return exchange;
}

async function answerOf(operation: Operation, node: ConsoleNode): Promise<Pick<Exchange, 'response' | 'error'>> {
  const { method, path, headers, body } = operation;
  try {
    const response = await ask(node, path, { method, headers, body, signal: AbortSignal.timeout(LIMIT_MS) });
    const { status, statusText } = response;
    return { response: { status, statusText, headers: [...response.headers], text: await response.text() } };
  } catch (error) {
    const isLate = error instanceof Error && error.name === 'TimeoutError';
    return { error: isLate ? `No answer within ${LIMIT_MS / 1000} s.` : 'No answer.' };
  }
}

function observeClient(request: number, { node, method, path, key }: SentRequest, status?: number): void {
  const exchange: ClientExchange = {
    request,
    to: node.id,
    method,
    path,
    ...(key !== undefined && { key }),
    ...(status !== undefined && { status }),
  };
  observe({ at: Date.now(), what: 'client', exchange });
}

/**
 * Sends what only the node that leads takes; and if that says that it does not lead, to the other one.
 * @returns one exchange or two, the last of which tells the outcome
 */
export async function sendToLeader(operation: Operation): Promise<readonly [Exchange, ...Exchange[]]> {
  const { leader } = lead.value;
  const first = await send(operation, nodes[leader]);
  if (first.response?.status !== 421) return [first];
  refusedBy(leader);
  return [first, await send(operation, nodes[otherNode(leader)])];
}
