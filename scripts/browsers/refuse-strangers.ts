// Refuses pages of other machines, and requests for another machine, before anything of them is read or done.
import { randomUUID } from 'node:crypto';
import type { Server, ServerResponse } from 'node:http';
import { TandemError } from '../../lib/errors.ts';
import { problemAnswer } from '../../lib/http/problem.ts';
import { intercept } from './intercept.ts';
import { type KnownPages, refusalOf } from './refusal.ts';

/**
 * From now on the server gets only what it is to answer; the rest gets 403 `forbidden_origin`, which a page cannot read. Called
 * last, so that nothing comes before it.
 */
export function refuseStrangers(server: Server, known: KnownPages): void {
  intercept(server, (request, response) => {
    const refusal = refusalOf(request, known);
    if (refusal === undefined) return false;
    // What waits for 100 Continue sends no body, or all of it: nothing else can come on this connection.
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
