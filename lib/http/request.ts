// Reads an API Gateway event: the key, the query, the body. Each error says what to send instead.
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as v from 'valibot';
import { excerpt, TandemError } from '../errors.ts';
import { type JsonDocument, type JsonLimits, readJson } from '../json.ts';
import { keyProblem } from '../key.ts';
import { MAX_BODY_BYTES, MAX_FORM_PARTS, MAX_VALUE_DEPTH } from '../limits.ts';
import { Wait } from './schemas.ts';

export type Event = APIGatewayProxyEventV2;

/** Of the JSON in a body that has no value of a client. */
export const FORM_LIMITS: JsonLimits = { depth: MAX_VALUE_DEPTH + 1, parts: MAX_FORM_PARTS, length: MAX_BODY_BYTES };

/** HEAD asks for what GET asks for, without the body. */
export function isRead({ requestContext: { http } }: Event): boolean {
  return http.method === 'GET' || http.method === 'HEAD';
}

/** The address of this node, as the request has named it. A gateway says whether the client has used TLS. */
export function addressOf({ headers, requestContext }: Event): string {
  return `${headers['x-forwarded-proto'] ?? 'http'}://${headers.host ?? requestContext.domainName}`;
}

/** @throws TandemError `invalid_key` */
export function keyOf(event: Event): string {
  const key = event.pathParameters?.key ?? '';
  const problem = keyProblem(key);
  if (problem) throw new TandemError('invalid_key', problem);
  return key;
}

/** @throws TandemError `invalid_parameter` when it is there and not a number that the schema takes */
export function numberOf<S extends v.GenericSchema<number>>(event: Event, name: string, schema: S): number | undefined {
  const text = event.queryStringParameters?.[name];
  if (text === undefined) return undefined;
  const result = v.safeParse(schema, /^\d+$/.test(text) ? Number(text) : Number.NaN);
  if (!result.success)
    throw new TandemError('invalid_parameter', `${name} ${result.issues[0].message}.`, { parameter: name });
  return result.output;
}

/**
 * How long a request waits, in milliseconds.
 * @param most that a request waits on this node, in milliseconds
 * @throws TandemError `invalid_parameter`
 */
export function waitMsOf(event: Event, most: number): number {
  return Math.min(most, (numberOf(event, 'wait', Wait) ?? 0) * 1000);
}

/** Whether a parameter is `true`; it may be absent. @throws TandemError `invalid_parameter` when it is anything else */
export function flagOf(event: Event, name: string): boolean {
  const text = event.queryStringParameters?.[name] ?? 'false';
  if (text === 'true' || text === 'false') return text === 'true';
  throw new TandemError('invalid_parameter', `${name} must be true or false.`, { parameter: name });
}

/**
 * The body of a client, which must be JSON.
 * @throws TandemError `unsupported_media_type`, `value_too_large`, `invalid_json`; `invalid_body` for what nests too deep
 */
export function jsonOf(event: Event, limits: JsonLimits): JsonDocument {
  return readJson(jsonTextOf(event, MAX_BODY_BYTES), limits);
}

/** The body as text, said to be JSON. @throws TandemError `unsupported_media_type`, `value_too_large`, `invalid_json` */
export function jsonTextOf(event: Event, maxBytes: number): string {
  const type = event.headers['content-type'];
  if (type !== undefined && !/^application\/(.+\+)?json\s*(;|$)/i.test(type)) {
    throw new TandemError(
      'unsupported_media_type',
      `Send JSON, with the header Content-Type: application/json (not ${excerpt(type)}).`,
      {},
      // RFC 5789, 2.2.
      event.requestContext.http.method === 'PATCH' ? { 'accept-patch': 'application/json' } : {},
    );
  }
  const text = bodyOf(event, maxBytes);
  if (text.trim() === '')
    throw new TandemError('invalid_json', 'There is no body: send JSON, for instance {"value":"hello"}.');
  return text;
}

function bodyOf({ body, isBase64Encoded, headers }: Event, maxBytes: number): string {
  const sent = body ?? '';
  const length = Buffer.byteLength(sent, isBase64Encoded ? 'base64' : 'utf8');
  if (length > maxBytes)
    throw new TandemError('value_too_large', `The body has ${length} bytes; send at most ${maxBytes}.`);
  if (isBase64Encoded) return decodeUtf8(Buffer.from(sent, 'base64'));
  // A gateway that decodes for us puts U+FFFD where bytes were not UTF-8, and so changes the length.
  const said = headers['content-length'];
  if (sent.includes('\ufffd') && said !== undefined && Number(said) !== length) throw notUtf8();
  return sent;
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw notUtf8();
  }
}

function notUtf8(): TandemError {
  return new TandemError('invalid_json', 'The body is not UTF-8: encode the JSON as UTF-8.');
}
