// The routes of clients for keys, as OpenAPI describes them.
import { DEFAULT_PAGE } from '../../limits.ts';
import { schemaOf } from '../json-schema.ts';
import { MaxStale, OperationsBody, PageLimit, PatchBody, PutBody, Wait } from '../schemas.ts';
import type { PathItem } from './head.ts';
import { body, header, KEY, query, READ, requestBody, responses, WRITE, WRITE_HEADERS } from './operation.ts';

const MAX_STALE = query(
  'max_stale',
  schemaOf(MaxStale),
  'On the replica: 503 `too_stale` where what it holds may be older, in seconds. It asks its primary before it says so.',
);
const RECEIPT = ['Node-Role', 'Node-Epoch', 'Staleness'];
const WRITTEN = ['ETag', 'Replication-Status', 'Preference-Applied'];
const NOT_COPIED = body('Stored here, not yet on the replica; `error` says why.', 'Written', WRITTEN);

export const KEY_PATHS: Readonly<Record<string, PathItem>> = {
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
          'Folds keys, as folders do: of the keys that contain it after the prefix, `prefixes` has the part up to and including it, each part once. A part counts as one entry of the page.',
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
};
