// The answers, as JSON Schema; those between the nodes by the schemas of the other node. tests/handlers holds every
// answer against them.
import { FAULT_KINDS } from '../../fault-kind.ts';
import { MAX_ATTEMPTS } from '../../limits.ts';
import {
  BatchAnswerSchema,
  DigestAnswerSchema,
  GrantSchema,
  HandshakeSchema,
  RecordPageSchema,
  RecordsAnswerSchema,
  StampPageSchema,
} from '../../peer/wire.ts';
import { answerSchemaOf, messageSchema } from '../json-schema.ts';
import { PROBLEMS } from '../problem.ts';
import { EVENT_PAGE } from './events.ts';
import { count, object, onPrimary, stamp, time } from './parts.ts';
import { NODE_STATUS } from './status.ts';

const attempt = object(
  {
    at: time,
    outcome: { enum: ['applied', 'same', 'superseded', 'failed'] },
    error: { type: 'string' },
    durationMs: count,
  },
  ['error'],
);

const fault = object({
  id: { type: 'string', description: 'Names it, in `DELETE /faults/{id}`.' },
  kind: { enum: FAULT_KINDS },
  keyPrefix: { type: 'string' },
  probability: { type: 'number' },
  count: { type: ['integer', 'null'] },
  delayMs: count,
  ttl: { type: 'integer' },
  expiresAt: time,
});

const written = { key: { type: 'string' }, ...stamp, status: { enum: onPrimary }, error: { type: 'string' } };

export const RESPONSE_SCHEMAS = {
  Record: object({ key: { type: 'string' }, value: {}, ...stamp, updatedAt: time, expiresAt: time }, ['expiresAt']),
  Written: object(written, ['error']),
  Patched: object(
    {
      ...written,
      value: {
        description:
          'What it is now. Absent in the answer to a repeat, where others have written the key since and the value was long.',
      },
    },
    ['error', 'value'],
  ),
  Results: object({
    results: {
      type: 'array',
      description: 'One for each operation, in their order.',
      items: {
        type: 'object',
        properties: {
          status: { type: 'integer', description: 'What HTTP would have said.' },
          replicationStatus: { enum: onPrimary, description: 'Of a write: what `status` is in its own answer.' },
        },
        required: ['status'],
        description: 'With the members of that answer, a value or a problem for instance. 304 has none.',
      },
    },
  }),
  KeyPage: object(
    {
      keys: {
        type: 'array',
        items: object(
          {
            key: { type: 'string' },
            ...stamp,
            status: { enum: [...onPrimary, 'replica'] },
            updatedAt: time,
            value: { description: 'With `values=true`.' },
          },
          ['value'],
        ),
      },
      prefixes: {
        type: 'array',
        items: { type: 'string' },
        description: 'With `delimiter`: what keys are folded into.',
      },
      cursor: { type: 'string' },
      complete: { type: 'boolean' },
    },
    ['prefixes', 'cursor'],
  ),
  ChangePage: object({
    changes: {
      type: 'array',
      items: object(
        {
          key: { type: 'string' },
          ...stamp,
          updatedAt: time,
          expiresAt: time,
          deleted: { const: true, description: 'It was deleted, or has expired.' },
          value: { description: 'With `values=true`.' },
        },
        ['expiresAt', 'deleted', 'value'],
      ),
    },
    next: { type: 'string', description: 'The `since` of the next request.' },
    complete: {
      type: 'boolean',
      description: 'There is no further change at the moment, and the node lacks nothing that the other one holds.',
    },
  }),
  KeyStatus: object(
    {
      key: { type: 'string' },
      status: { enum: [...onPrimary, 'replica'] },
      ...stamp,
      updatedAt: time,
      deleted: { const: true },
      expiresAt: time,
      replicatedAt: time,
      lagMs: count,
      nextAttemptAt: time,
      attempts: { type: 'array', items: attempt, maxItems: MAX_ATTEMPTS },
      error: { type: 'string' },
    },
    ['error', 'deleted', 'expiresAt', 'replicatedAt', 'lagMs', 'nextAttemptAt', 'attempts'],
  ),
  NodeStatus: NODE_STATUS,
  BacklogPage: {
    ...object(
      {
        records: {
          type: 'array',
          items: object(
            {
              key: { type: 'string' },
              ...stamp,
              divergent: {
                const: true,
                description: 'Of a write that `GET /divergent` lists; or, with `deleted`, that was acknowledged.',
              },
              deleted: { const: true, description: 'Of a deletion.' },
              status: { enum: ['pending', 'replication_failed'] },
              updatedAt: time,
              ageMs: { ...count, description: 'Milliseconds since the write.' },
              attempts: { ...count, description: 'How often it has been tried.' },
              error: { type: 'string', description: 'Why the last attempt failed.' },
              nextAttemptAt: { ...time, description: 'From then on a repair ships it.' },
            },
            ['divergent', 'deleted', 'error', 'nextAttemptAt'],
          ),
        },
        cursor: { type: 'string' },
        complete: { type: 'boolean' },
        isAtLeast: {
          const: true,
          description:
            'The replica is being refilled: what its former contents had acknowledged is owed, and not listed.',
        },
      },
      ['cursor', 'isAtLeast'],
    ),
    examples: [
      {
        records: [
          {
            key: 'foo',
            version: 2,
            epoch: 1763790000000,
            deleted: true,
            status: 'replication_failed',
            updatedAt: '2026-11-22T07:00:00.000Z',
            ageMs: 61_000,
            attempts: 3,
            error: 'replica unreachable: connection refused',
            nextAttemptAt: '2026-11-22T07:01:05.000Z',
          },
        ],
        complete: true,
      },
    ],
  },
  RepairReport: object(
    {
      shipped: count,
      failed: count,
      remaining: count,
      bucketsCompared: count,
      bucketsDiffering: count,
      keysDiffering: count,
      pushed: count,
      pulled: count,
      dropped: { ...count, description: 'Records that both nodes have forgotten.' },
      bytes: count,
      durationMs: count,
      stoppedBy: { type: 'string' },
    },
    ['stoppedBy'],
  ),
  Promoted: object({
    role: { const: 'primary' },
    mode: {
      enum: ['none', 'switchover', 'failover'],
      description:
        '`none`: it led before. `switchover`: the former primary gave the lead away. `failover`: it took the lead without that one, or started without the other node.',
    },
    epoch: stamp.epoch,
    durationMs: count,
    atRisk: {
      type: ['integer', 'null'],
      minimum: 0,
      description: 'How many writes the former primary last said that it owed; null: that is not known.',
    },
  }),
  DivergentPage: {
    ...object(
      {
        writes: {
          type: 'array',
          items: object(
            {
              key: { type: 'string' },
              value: { description: 'Absent where there was no room to keep it.' },
              deleted: { const: true, description: 'Of a deletion.' },
              ...stamp,
              updatedAt: time,
              supersededBy: {
                oneOf: [object({ ...stamp, updatedAt: time }), { type: 'null' }],
                description: 'What the key holds now; null: nothing any more.',
              },
            },
            ['value', 'deleted'],
          ),
        },
        cursor: { type: 'string' },
        complete: { type: 'boolean' },
      },
      ['cursor'],
    ),
    examples: [
      {
        writes: [
          {
            key: 'foo',
            value: 'written to the former primary',
            version: 3,
            epoch: 1763790000000,
            updatedAt: '2026-11-22T07:00:00.000Z',
            supersededBy: { version: 3, epoch: 1763790060001, updatedAt: '2026-11-22T07:01:00.000Z' },
          },
        ],
        complete: true,
      },
    ],
  },
  Acknowledged: object({
    acknowledged: count,
    complete: {
      type: 'boolean',
      description: 'Whether all that were listed when the request came are acknowledged. If not, send it again.',
    },
  }),
  Grant: messageSchema(answerSchemaOf(GrantSchema)),
  GroupSums: answerSchemaOf(DigestAnswerSchema),
  Digests: messageSchema(answerSchemaOf(DigestAnswerSchema)),
  StampPage: messageSchema(answerSchemaOf(StampPageSchema)),
  Records: messageSchema(answerSchemaOf(RecordsAnswerSchema)),
  RecordPage: messageSchema(answerSchemaOf(RecordPageSchema)),
  Fault: fault,
  Faults: object({
    faults: { type: 'array', items: fault },
    always: { type: 'array', items: object({ kind: { const: 'error' }, value: { type: 'string' } }) },
  }),
  EventPage: EVENT_PAGE,
  Handshake: messageSchema(answerSchemaOf(HandshakeSchema)),
  BatchAnswer: messageSchema(answerSchemaOf(BatchAnswerSchema)),
  Health: object({ status: { const: 'ok' }, role: { enum: ['primary', 'replica'] } }, ['role']),
  Problem: {
    type: 'object',
    properties: {
      type: { type: 'string' },
      title: { type: 'string' },
      status: { type: 'integer' },
      detail: { type: 'string' },
      code: { enum: Object.keys(PROBLEMS) },
      requestId: { type: 'string' },
    },
    required: ['type', 'title', 'status', 'detail', 'code', 'requestId'],
  },
};
