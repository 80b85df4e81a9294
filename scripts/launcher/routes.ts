// The launcher over HTTP, in front of the console's files: `GET /launcher` tells how the nodes are, or that none were started here, and
// `POST /launcher/{primary|replica}/{action}` does something with one.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { methodNotAllowed, TandemError } from '../../lib/errors.ts';
import { type Answer, json } from '../../lib/http/answer.ts';
import { problemAnswer } from '../../lib/http/problem.ts';
import type { Role } from '../../lib/role.ts';
import { refusalOfOtherPages } from '../browsers/own-page.ts';
import { type Action, WrongStateError } from './launched-node.ts';
import type { Launcher } from './launcher.ts';

/** The longest that a request may wait for a change, in seconds. */
const MAX_WAIT_SECONDS = 20;

const ROLES: readonly Role[] = ['primary', 'replica'];
const HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/**
 * @param launcher absent: this process has started no nodes, which `GET /launcher` tells, and nothing can be done with one
 * @returns says whether it answers a request: whatever is at or below /launcher
 */
export function launcherRoutes(launcher?: Launcher): (request: IncomingMessage, response: ServerResponse) => boolean {
  return (request, response) => {
    const url = URL.parse(request.url ?? '', 'http://localhost');
    if (!url || !/^\/launcher(\/|$)/.test(url.pathname) || !request.url?.startsWith('/')) return false;
    answerTo(request, response, url, launcher)
      .catch(problemOf)
      .then((answer) => send(response, answer));
    return true;
  };
}

async function answerTo(
  request: IncomingMessage,
  response: ServerResponse,
  { pathname, searchParams }: URL,
  launcher?: Launcher,
): Promise<Answer> {
  const refusal = refusalOfOtherPages(request);
  if (refusal !== undefined) throw new TandemError('forbidden_origin', refusal);
  if (pathname === '/launcher') {
    assertMethod(request, 'GET', 'HEAD');
    if (launcher === undefined) return json(200, { nodes: null });
    await wait(searchParams, response, launcher);
  } else {
    if (launcher === undefined) throw noSuchRoute('No nodes were started here: `npm start` has a launcher.');
    const { role, action } = deedOf(pathname, launcher);
    assertMethod(request, 'POST');
    await launcher.act(role, action);
  }
  return json(200, launcher.view());
}

/** What `/launcher/replica/kill` names. @throws TandemError */
function deedOf(pathname: string, { actions }: Launcher): { readonly role: Role; readonly action: Action } {
  for (const role of ROLES) {
    const action = actions.find((each) => pathname === `/launcher/${role}/${each}`);
    if (action !== undefined) return { role, action };
  }
  throw noSuchRoute(`There is /launcher, and below it ${ROLES.join(' and ')}, each with ${actions.join(', ')}.`);
}

/** With `since`, for a change after that time; for `wait` seconds at most, and as long as somebody listens. */
async function wait(parameters: URLSearchParams, response: ServerResponse, launcher: Launcher): Promise<void> {
  const since = numberIn(parameters, 'since', Number.MAX_SAFE_INTEGER);
  const seconds = numberIn(parameters, 'wait', MAX_WAIT_SECONDS) ?? 0;
  if (since === undefined || seconds === 0) return;
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(seconds * 1000)]);
  await launcher.untilChangedAfter(since, signal).catch((error: Error) => {
    if (error.name !== 'AbortError') throw error;
  });
}

/** @throws TandemError when it is no number from 0 to `max` */
function numberIn(parameters: URLSearchParams, name: string, max: number): number | undefined {
  const text = parameters.get(name);
  if (text === null) return undefined;
  const number = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && number <= max) return number;
  throw new TandemError('invalid_parameter', `'${name}' must be a number from 0 to ${max}.`, { parameter: name });
}

function assertMethod({ method }: IncomingMessage, ...allowed: string[]): void {
  if (method !== undefined && allowed.includes(method)) return;
  const allow = allowed.join(', ');
  throw methodNotAllowed(`This path takes ${allow}.`, allow);
}

function noSuchRoute(detail: string): TandemError {
  return new TandemError('no_such_route', detail);
}

function problemOf(error: Error): Answer {
  const requestId = randomUUID();
  if (error instanceof WrongStateError) {
    const { message: detail, state, allowed } = error;
    const problem = { type: 'about:blank', title: 'Conflict', status: 409, detail, code: 'wrong_state', requestId };
    return json(409, { ...problem, state, allowed }, { 'content-type': 'application/problem+json' });
  }
  if (!(error instanceof TandemError)) console.error(`Request ${requestId} of the launcher failed:`, error);
  return problemAnswer(error, requestId);
}

function send(response: ServerResponse, { status, headers, body = '' }: Answer): void {
  const type = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  response.writeHead(status, { ...HEADERS, ...type, ...headers }).end(body);
}
