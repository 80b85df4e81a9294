// The routes for failures on purpose, as OpenAPI describes them.
import { MAX_PAGE } from '../../limits.ts';
import { FaultBody, FaultsBody } from '../fault-list.ts';
import { schemaOf } from '../json-schema.ts';
import { PageLimit, Wait } from '../schemas.ts';
import type { PathItem } from './head.ts';
import { body, query, READ, requestBody, responses, WRITE } from './operation.ts';

export const FAULT_PATHS: Readonly<Record<string, PathItem>> = {
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
};
