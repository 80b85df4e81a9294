// Writes answers: what a function gave back, and problem details of the runner itself.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

/** These statuses have no body, and so no length. */
const WITHOUT_BODY = [204, 304];
/** How long what a client still sends is read after the last answer of its connection, in milliseconds. */
const LINGER_MS = 1000;

/** Header fields, each name before its value: Node takes them as they are. */
export type FlatHeaders = readonly string[];

/** @param more header fields besides those of the result */
export function sendResult(
  response: ServerResponse,
  result: APIGatewayProxyStructuredResultV2,
  more: FlatHeaders = [],
): void {
  const { statusCode = 200, headers = {}, body = '', isBase64Encoded } = result;
  const content = isBase64Encoded ? Buffer.from(body, 'base64') : body;
  const fields: string[] = [...more];
  let hasLength = WITHOUT_BODY.includes(statusCode);
  for (const name in headers) {
    fields.push(name, `${headers[name]}`);
    if (name === 'content-length') hasLength = true;
  }
  if (!hasLength) fields.push('content-length', `${Buffer.byteLength(content)}`);
  response.writeHead(statusCode, fields);
  response.end(content);
}

/**
 * Has the connection end with this answer, although the client may be sending still: it is read for a moment, since a connection
 * that is closed with unread bytes is reset, and the answer may be lost with it (RFC 9112, 9.6).
 */
export function endAfter(request: IncomingMessage, response: ServerResponse): void {
  response.shouldKeepAlive = false;
  const { socket } = request;
  // Node calls it once the last answer of a connection is written, and would destroy the socket at once.
  socket.destroySoon = () => linger(socket);
}

/** Ends this side, and the connection once the other side has ended, or a moment later. */
export function linger(socket: Socket): void {
  socket.end();
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('end', () => socket.destroy());
  socket.once('close', () => clearTimeout(timer));
}
