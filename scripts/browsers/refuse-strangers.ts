// Refuses pages of other machines, and requests for another machine, before anything of them is read or done.
import { randomUUID } from 'node:crypto';
import type { Server, ServerResponse } from 'node:http';
import { TandemError } from '../../lib/errors.ts';
import { problemAnswer } from '../../lib/http/problem.ts';
import { intercept } from './intercept.ts';
import { type KnownPages, refusalOf } from './refusal.ts';

/**
 * From now on the server gets only what it is to answer; the rest gets 403 `forbidden_origin`, without the headers by which a page of another machine could read it. Called
 * last, so that nothing comes before it.
 */
export function refuseStrangers(server: Server, known: KnownPages): void {
  intercept(server, (request, response) => {
    const refusal = refusalOf(request, known);
    if (refusal === undefined) return false;
    // The client may now leave out the body that it has announced, so this connection cannot be used again.
    if (request.headers.expect !== undefined) response.setHeader('connection', 'close');
    refuse(response, refusal);
    return true;
  });
}

function refuse(response: ServerResponse, refusal: string): void {
  const { status, headers, body = '' } = problemAnswer(new TandemError('forbidden_origin', refusal), randomUUID());
  const always = { 'content-length': Buffer.byteLength(body), 'x-content-type-options': 'nosniff' };
  response.writeHead(status, { ...always, ...headers }).end(body);
}
