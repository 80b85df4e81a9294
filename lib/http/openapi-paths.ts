// The routes of the OpenAPI description. Requests are described by the very schemas that check them (schemas.ts,
// lib/peer/wire.ts).
import { DEFAULT_PAGE, MAX_PAGE } from '../limits.ts';
import { BatchSchema, HandshakeSchema, QuestionSchema, SwitchoverSchema } from '../peer/wire.ts';
import { FaultBody, FaultsBody } from './fault-list.ts';
import { schemaOf } from './json-schema.ts';
import type { PathItem } from './openapi-head.ts';
import {
  body,
  header,
  KEY,
  message,
  PEER,
  query,
  READ,
  ref,
  requestBody,
  responses,
  WRITE,
  WRITE_HEADERS,
} from './openapi-operation.ts';
import { MaxStale, OperationsBody, PageLimit, PatchBody, PromoteBody, PutBody, Wait } from './schemas.ts';

const MAX_STALE = query(
  'max_stale',
  schemaOf(MaxStale),
  'On the replica: 503 `too_stale` where what it holds may be older, in seconds. It asks its primary before it says so.',
);
const RECEIPT = ['Node-Role', 'Node-Epoch', 'Staleness'];
const WRITTEN = ['ETag', 'Replication-Status', 'Preference-Applied'];
const NOT_COPIED = body('Stored here, not yet on the replica; `error` says why.', 'Written', WRITTEN);

export const PATHS: Readonly<Record<string, PathItem>> = {
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
        query(
          'wait',
          schemaOf(Wait),
          'How many seconds to wait: for `at_least`, or with `If-None-Match` until the key changes. 0 unless given. Where too many requests wait, the answer comes at once. A node may let requests wait for less.',
        ),
        MAX_STALE,
      ],
      responses: responses(
        {
          200: body('The value.', 'Record', ['ETag', 'Last-Modified', 'Replication-Status', ...RECEIPT]),
          304: { description: 'Unchanged.' },
        },
        [400, 401, 403, 404, 'divergent', 503],
      ),
    },
    put: {
      operationId: 'put',
      summary: 'Write a value (on the primary)',
      security: WRITE,
      parameters: WRITE_HEADERS,
      requestBody: requestBody(PutBody),
      responses: responses(
        {
          200: body('Replaced, and on the replica.', 'Written', WRITTEN),
          201: body('Created, and on the replica.', 'Written', [...WRITTEN, 'Location']),
          202: NOT_COPIED,
        },
        [400, 401, 403, 412, 413, 415, 'not_primary', 422, 503, 507],
      ),
    },
    patch: {
      operationId: 'patch',
      summary: 'Change a value, or when it expires, in one atomic step (on the primary)',
      description:
        'Exactly one of the fields. A missing key counts as 0 for `increment` and as `{}` for `merge`; `ttl` and `expiresAt` of a missing key are 404. `increment` and `merge` leave the time at which the key expires.',
      security: WRITE,
      parameters: WRITE_HEADERS,
      requestBody: requestBody(PatchBody),
      responses: responses(
        {
          200: body('Changed, and on the replica.', 'Patched', WRITTEN),
          201: body('Created, and on the replica.', 'Patched', [...WRITTEN, 'Location']),
          202: body('Stored here, not yet on the replica; `error` says why.', 'Patched', WRITTEN),
        },
        [400, 401, 403, 404, 412, 413, 415, 'not_primary', 422, 503, 507],
      ),
    },
    delete: {
      operationId: 'delete',
      summary: 'Delete a value (on the primary)',
      security: WRITE,
      parameters: WRITE_HEADERS,
      responses: responses({ 200: body('Deleted, on the replica too.', 'Written', WRITTEN), 202: NOT_COPIED }, [
        400,
        401,
        403,
        404,
        412,
        'not_primary',
        503,
      ]),
    },
  },
  '/batch': {
    post: {
      operationId: 'batch',
      summary: 'Up to 100 reads and writes in one request',
      description:
        'Each is answered as it would have been alone, in the order of the operations; those of one key happen in that order. It is not atomic: some may be done, and others not. It needs the write token if any operation writes. With `Prefer: respond-async` its writes are answered as soon as they are stored.',
      security: READ,
      parameters: [header('Prefer', '`respond-async`: its writes are not waited for.'), MAX_STALE],
      requestBody: requestBody(OperationsBody),
      responses: responses(
        { 200: body('What became of each.', 'Results', ['Preference-Applied', ...RECEIPT]) },
        [400, 401, 403, 413, 415, 422, 503],
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
        MAX_STALE,
        query('limit', schemaOf(PageLimit), `How many at most; ${DEFAULT_PAGE} unless given.`),
        query('cursor', { type: 'string' }, 'The `cursor` of the page before.'),
        query('values', { type: 'boolean' }, '`true`: with values. A page then has at most 1 MiB.'),
        query('reverse', { type: 'boolean' }, '`true`: from the last key down.'),
        query(
          'delimiter',
          { type: 'string' },
          'Folds keys: of those that have it after the prefix, only what stands up to and with it is told, in `prefixes`. Each counts as one entry of the page.',
        ),
      ],
      responses: responses({ 200: body('The page.', 'KeyPage', RECEIPT) }, [400, 401, 403, 503]),
    },
  },
  '/changes': {
    get: {
      operationId: 'changes',
      summary: 'The keys that have changed, in the order in which this node took them in',
      description:
        'Each key once, as it is now; a change may be told again, and none is left out. Over DynamoDB it is not there (404).',
      security: READ,
      parameters: [
        query(
          'since',
          { type: 'string' },
          'The `next` of the answer before; `now`: what comes from here on; absent: from the beginning. 410 `cursor_gone` where it is of the other node, of an in-memory node before it was started again, or older than a deletion that was forgotten.',
        ),
        query('prefix', { type: 'string' }, 'Only keys that start so.'),
        MAX_STALE,
        query('limit', schemaOf(PageLimit), `How many at most; ${DEFAULT_PAGE} unless given.`),
        query('wait', schemaOf(Wait), 'How many seconds to wait for a change, where there is none; 0 unless given.'),
        query('values', { type: 'boolean' }, '`true`: with values. A page then has at most 1 MiB.'),
      ],
      responses: responses({ 200: body('The changes.', 'ChangePage', RECEIPT) }, [
        400,
        401,
        403,
        'no_such_route',
        410,
        503,
      ]),
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
      responses: responses({ 200: body('The page.', 'BacklogPage') }, [400, 401, 403, 'not_primary', 503]),
    },
  },
  '/repair': {
    post: {
      operationId: 'repair',
      summary: 'Ship the backlog, compare the nodes and reconcile what differs, now (on the primary)',
      security: WRITE,
      responses: responses({ 200: body('What was done.', 'RepairReport') }, [401, 403, 'not_primary', 503]),
    },
  },
  '/promote': {
    post: {
      operationId: 'promote',
      summary: 'Have this node lead: the primary gives the lead away, or, with `force`, at once and without it',
      security: WRITE,
      requestBody: { ...requestBody(PromoteBody), required: false },
      responses: responses({ 200: body('It leads.', 'Promoted') }, [
        400,
        401,
        403,
        'primary_unreachable',
        'not_in_sync',
        413,
        415,
        422,
        503,
      ]),
    },
  },
  '/divergent': {
    get: {
      operationId: 'divergent',
      summary: 'A page of the writes that a failover has superseded unseen',
      security: READ,
      parameters: [
        query('limit', schemaOf(PageLimit), `How many at most; ${DEFAULT_PAGE} unless given.`),
        query('cursor', { type: 'string' }, 'The `cursor` of the page before.'),
      ],
      responses: responses({ 200: body('The page.', 'DivergentPage') }, [400, 401, 403, 503]),
    },
    delete: {
      operationId: 'acknowledgeAll',
      summary: 'Acknowledge all divergent writes: the list forgets them (on the primary)',
      security: WRITE,
      responses: responses({ 200: body('What was done.', 'Acknowledged') }, [401, 403, 'not_primary', 503]),
    },
  },
  '/divergent/{key}': {
    parameters: [KEY],
    delete: {
      operationId: 'acknowledge',
      summary: 'Acknowledge the divergent writes of a key (on the primary)',
      security: WRITE,
      responses: responses({ 200: body('What was done.', 'Acknowledged') }, [400, 401, 403, 404, 'not_primary', 503]),
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
  '/switchover': {
    post: {
      operationId: 'switchover',
      summary: 'The replica asks for the lead: for the other node only',
      security: PEER,
      requestBody: message(SwitchoverSchema),
      responses: responses({ 200: body('Whom this node has given the lead.', 'Grant') }, [
        400,
        401,
        403,
        'other_contents',
        'not_in_sync',
        413,
        415,
        'not_primary',
        422,
        503,
      ]),
    },
  },
  '/replicate': {
    post: {
      operationId: 'replicate',
      summary: 'Apply a batch of records: for the primary only, whose replica this node is from then on',
      security: PEER,
      requestBody: message(BatchSchema),
      responses: responses({ 200: body('What became of each record.', 'BatchAnswer') }, [
        400,
        401,
        403,
        'stale_epoch',
        'other_contents',
        413,
        415,
        422,
        503,
      ]),
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
        [400, 401, 403, 'stale_epoch', 'other_contents', 413, 415, 422, 503],
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
    post: {
      operationId: 'addFault',
      summary: 'Switch one more fault on',
      security: WRITE,
      requestBody: requestBody(FaultBody),
      responses: responses(
        { 201: body('It is on; `id` names it.', 'Fault', ['Location']) },
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
  '/faults/{id}': {
    parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
    delete: {
      operationId: 'removeFault',
      summary: 'Switch one fault off',
      security: WRITE,
      responses: responses({ 200: body('The faults that are on now.', 'Faults') }, [401, 403, 404, 503]),
    },
  },
  '/events': {
    get: {
      operationId: 'events',
      summary: 'What happened to replication in this process lately, oldest first (404 where fault injection is off)',
      security: READ,
      parameters: [
        query(
          'since',
          { type: 'string' },
          'The `next` of the answer before; `now`: from here. Absent: all that is kept.',
        ),
        query('limit', schemaOf(PageLimit), `How many at most; ${MAX_PAGE} unless given.`),
        query(
          'wait',
          schemaOf(Wait),
          'How many seconds to wait for an event; 0 unless given. Where too many requests wait, none is waited for.',
        ),
      ],
      responses: responses({ 200: body('The page.', 'EventPage') }, [400, 401, 403, 404, 503]),
    },
  },
  '/healthz': {
    get: {
      operationId: 'health',
      summary: 'Whether this node can serve, as far as the process that answers knows; if not, why',
      parameters: [
        query(
          'store',
          { type: 'boolean' },
          '`true`: a durable store is read for the answer, too. In memory it always is.',
        ),
      ],
      responses: responses({ 200: body('It can.', 'Health') }, [400, 503]),
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
