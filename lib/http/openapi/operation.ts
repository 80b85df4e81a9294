// What the operations of the OpenAPI description are made of.
import type { ErrorCode } from '../../errors.ts';
import { MAX_IDEMPOTENCY_KEY, MAX_REMEMBERED, REMEMBERED_LAST, REMEMBERED_MS } from '../../limits.ts';
import { type Json, messageSchema, schemaOf } from '../json-schema.ts';
import { PROBLEMS } from '../problem.ts';
import type { RESPONSE_SCHEMAS } from './responses.ts';

export const requestBody = (schema: Parameters<typeof schemaOf>[0]): Json => ({
  required: true,
  content: { 'application/json': { schema: schemaOf(schema) } },
});
export const message = (schema: Parameters<typeof schemaOf>[0]): Json => ({
  required: true,
  content: { 'application/json': { schema: messageSchema(schemaOf(schema)) } },
});
export const ref = (name: keyof typeof RESPONSE_SCHEMAS): Json => ({ $ref: `#/components/schemas/${name}` });
export const body = (description: string, name: keyof typeof RESPONSE_SCHEMAS, headers: string[] = []): Json => ({
  description,
  content: { 'application/json': { schema: ref(name) } },
  ...(headers.length > 0 && {
    headers: Object.fromEntries(headers.map((header) => [header, { $ref: `#/components/headers/${header}` }])),
  }),
});
export const query = (name: string, schema: Json, description: string): Json => ({
  name,
  in: 'query',
  schema,
  description,
});
export const header = (name: string, description: string): Json => ({
  name,
  in: 'header',
  schema: { type: 'string' },
  description,
});
export const KEY = { $ref: '#/components/parameters/key' };
export const WRITE_HEADERS = [
  header('If-Match', 'Only if the key is at this ETag (or one of these, or `*`: at any).'),
  header('If-None-Match', '`*`: only if the key does not exist.'),
  header(
    'Idempotency-Key',
    `Names this write of the key, with 1 to ${MAX_IDEMPOTENCY_KEY} visible ASCII characters. A repeat of it is answered as it was, and writes nothing, for as long as it is remembered: as one of the last ${REMEMBERED_LAST} of the key that were named; and where the name begins with that of a client and a colon, for ${REMEMBERED_MS / 60_000} minutes as the newest of this client, of ${MAX_REMEMBERED} writes at most.`,
  ),
  header('Prefer', '`respond-async`: answered 202 as soon as it is stored here, and copied after that.'),
];

/**
 * The answers by status: the good ones, and for each error status the problem with its codes.
 * @param errors all codes of a status, or single ones
 */
export function responses(good: Record<string, Json>, errors: ReadonlyArray<number | ErrorCode>): Record<string, Json> {
  const codes = Object.keys(PROBLEMS) as ErrorCode[];
  const given = [...errors, 500].flatMap((error) => {
    return typeof error === 'number' ? codes.filter((code) => PROBLEMS[code].status === error) : error;
  });
  const byStatus = Map.groupBy(given, (code) => PROBLEMS[code].status);
  const problems = [...byStatus].map(([status, named]) => [
    String(status),
    { description: `\`${named.join('`, `')}\``, content: { 'application/problem+json': { schema: ref('Problem') } } },
  ]);
  return { ...good, ...Object.fromEntries(problems) };
}

/** The security of an operation: any one of these tokens opens it. Locally, clients need none unless it is set. */
export const READ = [{ read: [] }, { write: [] }];
export const WRITE = [{ write: [] }];
export const PEER = [{ peer: [] }];
