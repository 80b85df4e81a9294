// The OpenAPI 3.1 description. Requests are described by the very schemas that check them (schemas.ts, lib/peer/wire.ts).
import packageJson from '../../package.json' with { type: 'json' };
import { DEFAULT_PAGE, MAX_KEY_BYTES } from '../limits.ts';
import { BatchSchema, HandshakeSchema, QuestionSchema } from '../peer/wire.ts';
import { FaultsBody } from './fault-list.ts';
import { type Json, messageSchema, schemaOf } from './json-schema.ts';
import { type PathItem, withHead } from './openapi-head.ts';
import { RESPONSE_SCHEMAS } from './openapi-responses.ts';
import { PROBLEMS } from './problem.ts';
import { PageLimit, PromoteBody, PutBody, Wait } from './schemas.ts';

const requestBody = (schema: Parameters<typeof schemaOf>[0]): Json => ({
  required: true,
  content: { 'application/json': { schema: schemaOf(schema) } },
});
const message = (schema: Parameters<typeof schemaOf>[0]): Json => ({
  required: true,
  content: { 'application/json': { schema: messageSchema(schemaOf(schema)) } },
});
const ref = (name: keyof typeof RESPONSE_SCHEMAS): Json => ({ $ref: `#/components/schemas/${name}` });
const body = (description: string, name: keyof typeof RESPONSE_SCHEMAS, headers: string[] = []): Json => ({
  description,
  content: { 'application/json': { schema: ref(name) } },
  ...(headers.length > 0 && {
    headers: Object.fromEntries(headers.map((header) => [header, { $ref: `#/components/headers/${header}` }])),
  }),
});
const query = (name: string, schema: Json, description: string): Json => ({ name, in: 'query', schema, description });
const header = (name: string, description: string): Json => ({
  name,
  in: 'header',
  schema: { type: 'string' },
  description,
});
const token = (description: string): Json => ({ type: 'http', scheme: 'bearer', description });
const KEY = { $ref: '#/components/parameters/key' };
const PRECONDITIONS = [
  header('If-Match', 'Only if the key is at this ETag (or one of these, or `*`: at any).'),
  header('If-None-Match', '`*`: only if the key does not exist.'),
];

/** The answers by status: the good ones, and for each error status the problem with its codes. */
function responses(good: Record<string, Json>, errors: number[]): Record<string, Json> {
  const problems = [...errors, 500].map((status) => {
    const codes = Object.entries(PROBLEMS)
      .filter(([, problem]) => problem.status === status)
      .map(([code]) => code);
    return [
      String(status),
      { description: `\`${codes.join('`, `')}\``, content: { 'application/problem+json': { schema: ref('Problem') } } },
    ];
  });
  return { ...good, ...Object.fromEntries(problems) };
}

/** The security of an operation: any one of these tokens opens it. Locally, clients need none unless it is set. */
const READ = [{ read: [] }, { write: [] }];
const WRITE = [{ write: [] }];
const PEER = [{ peer: [] }];

const WRITTEN = ['ETag', 'Replication-Status'];
const NOT_COPIED = body('Stored here, not yet on the replica; `error` says why.', 'Written', WRITTEN);

const paths: Readonly<Record<string, PathItem>> = {
  '/key/{key}': {
    parameters: [KEY],
    get: {
      operationId: 'get',
      summary: 'Read a value from this node’s own copy',
      security: READ,
      parameters: [
        header('If-None-Match', '304 if the key is at this ETag.'),
        query(
          'at_least',
          { type: 'string' },
          'The ETag of a write: answer once this node holds that version or a newer one.',
        ),
        query('wait', schemaOf(Wait), 'How many seconds to wait for `at_least`; 0 unless given.'),
      ],
      responses: responses(
        {
          200: body('The value.', 'Record', ['ETag', 'Last-Modified', 'Replication-Status']),
          304: { description: 'Unchanged.' },
        },
        [400, 401, 403, 404, 503],
      ),
    },
    put: {
      operationId: 'put',
      summary: 'Write a value (on the primary)',
      security: WRITE,
      parameters: PRECONDITIONS,
      requestBody: requestBody(PutBody),
      responses: responses(
        {
          200: body('Replaced, and on the replica.', 'Written', WRITTEN),
          201: body('Created, and on the replica.', 'Written', [...WRITTEN, 'Location']),
          202: NOT_COPIED,
        },
        [400, 401, 403, 412, 413, 415, 421, 422, 503, 507],
      ),
    },
    delete: {
      operationId: 'delete',
      summary: 'Delete a value (on the primary)',
      security: WRITE,
      parameters: PRECONDITIONS,
      responses: responses(
        { 200: body('Deleted, on the replica too.', 'Written', WRITTEN), 202: NOT_COPIED },
        [400, 401, 403, 404, 412, 421, 503],
      ),
    },
  },
  '/keys': {
    get: {
      operationId: 'list',
      summary: 'A page of live keys, in UTF-8 byte order',
      security: READ,
      parameters: [
        query('prefix', { type: 'string' }, 'Only keys that start so.'),
        query('limit', schemaOf(PageLimit), `How many at most; ${DEFAULT_PAGE} unless given.`),
        query('cursor', { type: 'string' }, 'The `cursor` of the page before.'),
      ],
      responses: responses({ 200: body('The page.', 'KeyPage') }, [400, 401, 403, 503]),
    },
  },
  '/status/{key}': {
    parameters: [KEY],
    get: {
      operationId: 'keyStatus',
      summary: 'The replication status of a key’s latest write, a deletion included',
      security: READ,
      responses: responses({ 200: body('The status.', 'KeyStatus') }, [400, 401, 403, 404, 503]),
    },
  },
  '/status': {
    get: {
      operationId: 'nodeStatus',
      summary: 'How this node is doing',
      security: READ,
      responses: responses({ 200: body('The status.', 'NodeStatus') }, [401, 403, 503]),
    },
  },
  '/backlog': {
    get: {
      operationId: 'backlog',
      summary: 'A page of what the replica has not acknowledged, oldest write first (on the primary)',
      security: READ,
      parameters: [
        query('limit', schemaOf(PageLimit), `How many at most; ${DEFAULT_PAGE} unless given.`),
        query('cursor', { type: 'string' }, 'The `cursor` of the page before.'),
      ],
      responses: responses({ 200: body('The page.', 'BacklogPage') }, [400, 401, 403, 421, 503]),
    },
  },
  '/repair': {
    post: {
      operationId: 'repair',
      summary: 'Ship the backlog, compare the nodes and reconcile what differs, now (on the primary)',
      security: WRITE,
      responses: responses({ 200: body('What was done.', 'RepairReport') }, [401, 403, 421, 503]),
    },
  },
  '/promote': {
    post: {
      operationId: 'promote',
      summary: 'Have a primary that recovers start with what it holds (on the primary)',
      security: WRITE,
      requestBody: { ...requestBody(PromoteBody), required: false },
      responses: responses({ 200: body('It leads.', 'Promoted') }, [400, 401, 403, 413, 415, 421, 422, 503]),
    },
  },
  '/handshake': {
    post: {
      operationId: 'handshake',
      summary: 'What each node says of itself: for the other node only',
      security: PEER,
      requestBody: message(HandshakeSchema),
      responses: responses(
        { 200: body('What this node says of itself.', 'Handshake') },
        [400, 401, 403, 413, 415, 422, 503],
      ),
    },
  },
  '/replicate': {
    post: {
      operationId: 'replicate',
      summary: 'Apply a batch of records: for the primary only (on the replica)',
      security: PEER,
      requestBody: message(BatchSchema),
      responses: responses(
        { 200: body('What became of each record.', 'BatchAnswer') },
        [400, 401, 403, 409, 413, 415, 421, 422, 503],
      ),
    },
  },
  '/digest': {
    get: {
      operationId: 'digest',
      summary: 'Digests of what this node holds: for the other node, or to compare both by hand',
      security: PEER,
      responses: responses({ 200: body('One sum per group of buckets.', 'GroupSums') }, [401, 403, 503]),
    },
    post: {
      operationId: 'digestQuestion',
      summary: 'Finer digests, stamps or records: for the other node only',
      security: PEER,
      requestBody: message(QuestionSchema),
      responses: responses(
        {
          200: {
            description: 'Digests, stamps or records, as asked.',
            content: {
              'application/json': {
                schema: { anyOf: [ref('Digests'), ref('StampPage'), ref('Records'), ref('RecordPage')] },
              },
            },
          },
        },
        [400, 401, 403, 409, 413, 415, 422, 503],
      ),
    },
  },
  '/faults': {
    get: {
      operationId: 'faults',
      summary: 'The faults that are on (404 where fault injection is off)',
      security: READ,
      responses: responses({ 200: body('The faults.', 'Faults') }, [401, 403, 404, 503]),
    },
    put: {
      operationId: 'setFaults',
      summary: 'Switch these faults on and all others off',
      security: WRITE,
      requestBody: requestBody(FaultsBody),
      responses: responses(
        { 200: body('The faults that are on now.', 'Faults') },
        [400, 401, 403, 404, 413, 415, 422, 503],
      ),
    },
    delete: {
      operationId: 'clearFaults',
      summary: 'Switch all faults off',
      security: WRITE,
      responses: responses({ 200: body('The faults that are on now.', 'Faults') }, [401, 403, 404, 503]),
    },
  },
  '/healthz': {
    get: {
      operationId: 'health',
      summary: 'Whether this node can serve; if not, why',
      responses: responses({ 200: body('It can.', 'Health') }, [503]),
    },
  },
  '/openapi.json': {
    get: {
      operationId: 'openapi',
      summary: 'This document',
      responses: responses({ 200: { description: 'OpenAPI 3.1.' } }, []),
    },
  },
};

/** @returns the document, as `GET /openapi.json` serves it */
export function openApiDocument(): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tandem',
      version: packageJson.version,
      description: 'A small replicated key-value store: a primary that takes writes, and a replica that holds a copy.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    paths: withHead(paths),
    components: {
      schemas: RESPONSE_SCHEMAS,
      parameters: {
        key: {
          name: 'key',
          in: 'path',
          required: true,
          description: '1 to 1,024 bytes of UTF-8, percent-encoded; slashes may stand as they are.',
          schema: { type: 'string', minLength: 1, maxLength: MAX_KEY_BYTES },
        },
      },
      headers: {
        ETag: { description: 'Names this version of the key, on both nodes.', schema: { type: 'string' } },
        Location: { description: 'Where the new key is.', schema: { type: 'string' } },
        'Last-Modified': { description: 'When it was written.', schema: { type: 'string' } },
        'Replication-Status': {
          description: 'How its copy is doing.',
          schema: { enum: ['pending', 'replicated', 'replication_failed', 'replica'] },
        },
      },
      securitySchemes: {
        read: token('READ_TOKEN, where the node has one: it reads.'),
        write: token('WRITE_TOKEN, where the node has one: it writes and reads. A deployed node has both.'),
        peer: token('PEER_TOKEN: what the nodes show each other.'),
      },
    },
  };
}
