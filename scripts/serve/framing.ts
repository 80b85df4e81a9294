// What Node's parser lets through and HTTP/1.1 does not (RFC 9112), and the header fields of a request as an event has them.
import type { IncomingMessage } from 'node:http';
import { TandemError } from '../../lib/errors.ts';

export interface Fields {
  /** By name in lower case. A field that comes more than once has its values with commas in between. */
  readonly headers: Record<string, string>;
  /** Each pair of the `Cookie` field, which an event has apart. */
  readonly cookies: readonly string[] | undefined;
}

/** @throws TandemError `invalid_request`, `not_implemented`: no more can be read on this connection */
export function fieldsOf(request: IncomingMessage): Fields {
  if (request.httpVersionMajor !== 1) throw new TandemError('invalid_request', 'Send HTTP/1.1.');
  const { rawHeaders } = request;
  const headers: Record<string, string> = {};
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase();
    const value = rawHeaders[i + 1] as string;
    if (name === 'host') hosts++;
    const before = headers[name];
    headers[name] = typeof before === 'string' ? `${before},${value}` : value;
  }
  checkHost(hosts, request);
  if (headers['transfer-encoding'] !== undefined) checkCoding(headers['transfer-encoding'], request);
  const { cookie } = headers;
  if (cookie === undefined) return { headers, cookies: undefined };
  delete headers.cookie;
  return { headers, cookies: cookie.split(/;\s*/) };
}

/** RFC 9112, 3.2: one, and in HTTP/1.0 perhaps none. */
function checkHost(count: number, { httpVersionMinor }: IncomingMessage): void {
  if (count > 1 || (count === 0 && httpVersionMinor > 0))
    throw new TandemError('invalid_request', `A request has one Host header, not ${count}.`);
}

/** RFC 9112, 6.1. Node takes `gzip, chunked`, and would hand over what is compressed. */
function checkCoding(coding: string, { httpVersionMinor }: IncomingMessage): void {
  if (httpVersionMinor === 0) throw new TandemError('invalid_request', 'HTTP/1.0 has no Transfer-Encoding.');
  if (coding.trim().toLowerCase() !== 'chunked')
    throw new TandemError('not_implemented', 'Of transfer encodings only chunked is taken.');
}
