// The routes that tell how the nodes are doing, and that change it, as OpenAPI describes them.
import { DEFAULT_PAGE } from '../../limits.ts';
import { schemaOf } from '../json-schema.ts';
import { PageLimit, PromoteBody } from '../schemas.ts';
import type { PathItem } from './head.ts';
import { body, KEY, query, READ, requestBody, responses, WRITE } from './operation.ts';

export const STATE_PATHS: Readonly<Record<string, PathItem>> = {
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
