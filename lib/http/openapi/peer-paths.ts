import { BatchSchema, HandshakeSchema, QuestionSchema, SwitchoverSchema } from '../../peer/wire.ts';
import type { PathItem } from './head.ts';
import { body, message, PEER, ref, responses } from './operation.ts';

export const PEER_PATHS: Readonly<Record<string, PathItem>> = {
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
};
