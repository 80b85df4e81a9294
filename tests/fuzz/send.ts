// Two ways to send a request to a node: as an event to its functions, and as bytes to its port.
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { TandemError } from '../../lib/errors.ts';
import { eventOf } from '../../scripts/serve/event.ts';
import { createRouter } from '../../scripts/serve/router.ts';
import { targetOf } from '../../scripts/serve/target.ts';
import type { Random } from '../simulation/random.ts';
import type { FuzzedNode } from './pair.ts';
import type { FuzzRequest } from './requests.ts';

export interface FuzzAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How long an answer may take, in milliseconds: a switchover takes ten seconds. */
const LIMIT_MS = 60_000;

/**
 * @returns `undefined` for a request of which no gateway makes an event
 * @throws Error when the function does
 */
export async function sendAsEvent(
  node: FuzzedNode,
  request: FuzzRequest,
  random: Random,
): Promise<FuzzAnswer | undefined> {
  const event = eventFor(node, request);
  if (event === undefined) return undefined;
  const { statusCode = 200, headers = {}, body = '' } = await node.invoke(event.routeKey, changed(event, random));
  return { status: statusCode, headers: headers as Record<string, string>, body };
}

function eventFor(
  { routes }: FuzzedNode,
  { method, target, headers, body = Buffer.alloc(0) }: FuzzRequest,
): APIGatewayProxyEventV2 | undefined {
  try {
    const { path, query } = targetOf(target);
    const decoded = decodeURIComponent(path);
    const match = createRouter(routes)(method, decoded);
    const received = { requestId: randomUUID(), method, cookies: undefined, headers, body, sourceIp: '127.0.0.1' };
    // What a greedy parameter takes is decoded already.
    const { parameter } = match;
    const escaped = parameter && { ...match, parameter: { ...parameter, text: encodeURIComponent(parameter.text) } };
    return eventOf({ ...received, target: { path: decoded, query }, match: escaped ?? match });
  } catch (error) {
    if (error instanceof URIError || error instanceof TandemError) return undefined;
    throw error;
  }
}

/** What other gateways leave out, or add. */
function changed(event: APIGatewayProxyEventV2, random: Random): APIGatewayProxyEventV2 {
  if (random.chance(0.9)) return event;
  return random.pick<() => APIGatewayProxyEventV2>([
    () => ({ ...event, body: undefined as unknown as string }),
    () => ({ ...event, headers: {} }),
    () => ({ ...event, queryStringParameters: {} }),
    () => ({ ...event, isBase64Encoded: !event.isBase64Encoded }),
    () => ({ ...event, headers: { ...event.headers, 'content-length': '1', 'if-match': '' } }),
    () => ({ ...event, ...(event.pathParameters && { pathParameters: { key: '\udc00a\udc001 1' } }) }),
    () => ({ ...event, queryStringParameters: { limit: '1,2', prefix: '\ud800', cursor: '' } }),
  ])();
}

export interface Exchanged {
  /** Every answer that came, without interim ones; none where the connection was closed instead. */
  readonly answers: readonly FuzzAnswer[];
  /** Whether what was sent is HTTP, and a whole request: then there must be one. */
  readonly isWhole: boolean;
}

/** @throws Error when no answer comes, or what comes is no HTTP */
export async function sendAsBytes(node: FuzzedNode, request: FuzzRequest, random: Random): Promise<Exchanged> {
  const { bytes, isWhole } = framed(request, random);
  return { isWhole, answers: answersIn(await exchange(node.port, bytes, isWhole), request.method, isWhole) };
}

/** How the bytes of a request are put together. @returns whether an answer must come before the client goes */
function framed({ method, target, headers, body }: FuzzRequest, random: Random): { bytes: Buffer; isWhole: boolean } {
  const lines = Object.entries({ host: '127.0.0.1', connection: 'close', ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  const start = `${method} ${target.replace(/[^\x21-\x7e]/g, encodeURIComponent)} HTTP/1.1`;
  const length = body ? [`content-length: ${body.length}`] : [];
  const whole = (first: string, more: readonly string[], content = body ?? Buffer.alloc(0)) =>
    Buffer.concat([Buffer.from(`${[first, ...more].join('\r\n')}\r\n\r\n`, 'latin1'), content]);
  if (random.chance(0.85)) return { bytes: whole(start, [...lines, ...length]), isWhole: true };
  const text = body ?? Buffer.from('{"value":1}');
  const chunk = (size: string) => Buffer.concat([Buffer.from(`${size}\r\n`), text, Buffer.from('\r\n0\r\n\r\n')]);
  const chunked = [...lines, 'transfer-encoding: chunked'];
  const bytes = random.pick<() => Buffer>([
    () => whole(start, [...lines, `content-length: ${text.length + random.int(1, 50)}`], text),
    () => whole(start, [...lines, `content-length: ${Math.max(0, text.length - 5)}`], text),
    () => whole(start, [...lines, 'content-length: 5', 'content-length: 6'], text),
    () => whole(start, [...lines, 'content-length: -1'], text),
    () => whole(start, [...lines, 'content-length: 99999999999999999999'], text),
    () => whole(start, chunked, chunk(text.length.toString(16))),
    () => whole(start, chunked, chunk('zz')),
    () => whole(start, [...chunked, 'content-length: 3'], chunk(text.length.toString(16))),
    () => whole(start, [...lines, 'transfer-encoding: gzip, chunked'], text),
    () => whole(start, [...lines, 'expect: 100-continue', `content-length: ${text.length}`], text),
    () => whole(start, [...lines, 'expect: 100-continue', 'content-length: 99000000'], text),
    () => whole(start, [...lines, `x-long: ${'x'.repeat(20_000)}`], text),
    () => whole(start, [...lines, 'bad header'], text),
    () => whole(start, [...lines, 'x-nul: a\u0000b'], text),
    () => whole(start, [...lines, ' folded: x'], text),
    () => whole(start.replace('HTTP/1.1', random.pick(['HTTP/1.0', 'HTTP/2.0', 'HTTP/9', ''])), lines, text),
    () => whole(start.toLowerCase(), lines, text),
    () => whole(`${random.pick(['G\u0000T', 'PRI', 'GET\t'])} ${target} HTTP/1.1`, lines),
    () => whole(start, ['connection: close'], text),
    () => Buffer.concat([whole(start, [...lines.slice(2), ...length]), whole(start, [...lines, ...length])]),
    () => Buffer.from(whole(start, lines).subarray(0, random.int(1, start.length))),
    () => Buffer.from(Array.from({ length: random.int(1, 400) }, () => random.int(0, 255))),
  ])();
  return { bytes, isWhole: false };
}

/** Sends, and takes in all that comes until the connection ends. A client that sent nonsense goes away after a moment. */
function exchange(port: number, bytes: Buffer, isWhole: boolean): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.setTimeout(isWhole ? LIMIT_MS : LINGER_MS, () => {
      if (isWhole) reject(new Error(`no answer within ${LIMIT_MS} ms`));
      socket.destroy();
    });
    socket.on('data', (chunk) => chunks.push(chunk));
    // A server that has refused a request closes without reading the rest of it.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
    socket.on('close', () => resolve(Buffer.concat(chunks)));
    socket.write(bytes);
  });
}

/** How long a client waits for an answer to nonsense, in milliseconds. */
const LINGER_MS = 100;

/** @throws Error when what came is no HTTP */
function answersIn(received: Buffer, method: string, isWhole: boolean): FuzzAnswer[] {
  const answers: FuzzAnswer[] = [];
  for (let rest = received; rest.length > 0; ) {
    const end = rest.indexOf('\r\n\r\n');
    const head = rest.subarray(0, Math.max(end, 0)).toString('latin1');
    const [first = '', ...lines] = head.split('\r\n');
    const status = Number(/^HTTP\/1\.[01] (\d{3}) /.exec(first)?.[1]);
    if (end === -1 || Number.isNaN(status))
      throw new Error(`what came is no HTTP: ${rest.subarray(0, 200).toString('latin1')}`);
    const headers = Object.fromEntries(lines.map(fieldOf));
    const content = rest.subarray(end + 4);
    // What a server makes of a method that stands in nonsense is open.
    const isEmpty = status < 200 || status === 304 || (method === 'HEAD' && (isWhole || content.length === 0));
    const { body, length } = isEmpty ? { body: '', length: 0 } : bodyIn(content, headers);
    rest = content.subarray(length);
    if (status >= 200) answers.push({ status, headers, body });
  }
  return answers;
}

function fieldOf(line: string): [name: string, value: string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

/** @returns the body, and how many bytes it takes. @throws Error when it is not whole */
function bodyIn(content: Buffer, headers: Readonly<Record<string, string>>): { body: string; length: number } {
  if (headers['transfer-encoding'] === 'chunked') {
    const end = content.indexOf('0\r\n\r\n');
    if (end !== 0) throw new Error(`the answer is in chunks: ${content.subarray(0, 200).toString('latin1')}`);
    return { body: '', length: 5 };
  }
  const length = Number(headers['content-length'] ?? 0);
  if (content.length < length) throw new Error(`the answer says ${length} bytes, and has ${content.length}`);
  return { body: content.subarray(0, length).toString(), length };
}
