// What Node's parser refuses, or what does not arrive in time, reaches no route: it is answered with a problem detail, and the
// connection ends, since nobody can say where the next request begins.
import { randomUUID } from 'node:crypto';
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ErrorCode, TandemError } from '../../lib/errors.ts';
import { problemAnswer } from '../../lib/http/problem.ts';
import { linger } from './answer.ts';

/** Errors of Node's parser and of its time limits, by code; any other is `invalid_request`. */
const CODES: Readonly<Record<string, readonly [code: ErrorCode, detail: string]>> = {
  HPE_HEADER_OVERFLOW: ['headers_too_large', 'The target and the headers of a request have at most 16 KiB.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['request_timeout', 'The request did not arrive in time.'],
  HPE_INVALID_METHOD: ['invalid_request', 'This is no method of HTTP/1.1.'],
  HPE_INVALID_URL: ['invalid_request', 'This is no target of a request: encode a path as a URL needs it.'],
};

interface NodeError extends NodeJS.ErrnoException {
  /** The parser's, in words. */
  readonly reason?: string;
}

/** A connection of Node's HTTP server; the answer that it is to give next, which has no public name. */
type Answering = Duplex & { readonly _httpMessage?: ServerResponse };

/** @param report is told the code of each answer */
export function answerUnreadable(server: Server, report: (code: ErrorCode) => void): void {
  const refused = new WeakSet<Duplex>();
  const refuse = (socket: Duplex, code: ErrorCode, detail: string) => {
    refused.add(socket);
    report(code);
    const { status, headers, body = '' } = problemAnswer(new TandemError(code, detail), randomUUID());
    const { title } = JSON.parse(body);
    const fields = { ...headers, 'content-length': Buffer.byteLength(body), connection: 'close' };
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`HTTP/1.1 ${status} ${title}\r\n${lines.join('')}\r\n${body}`);
    linger(socket as Socket);
  };
  server.on('clientError', (error: NodeError, socket) => {
    // What follows a request that was refused.
    if (refused.has(socket)) return;
    const current = (socket as Answering)._httpMessage;
    // What follows a request that is under way: that is answered, and the connection ends.
    if (current?.req.complete && !current.headersSent) current.shouldKeepAlive = false;
    else if (!socket.writable || current?.headersSent || error.code === 'ECONNRESET') socket.destroy();
    else refuse(socket, ...problemOf(error));
  });
  server.on('connect', (_request, socket) => {
    refuse(socket, 'not_implemented', 'This is no proxy: it takes no CONNECT.');
  });
}

function problemOf({ code = '', reason = 'it could not be read' }: NodeError): readonly [ErrorCode, string] {
  return CODES[code] ?? ['invalid_request', `This is no request of HTTP/1.1: ${reason}.`];
}
