// The answers, as JSON Schema; those between the nodes by the schemas of the other node. tests/handlers holds every
// answer against them.
import { FAULT_KINDS } from '../faults/faults.ts';
import { MAX_ATTEMPTS } from '../limits.ts';
import {
  BatchAnswerSchema,
  DigestAnswerSchema,
  HandshakeSchema,
  RecordPageSchema,
  RecordsAnswerSchema,
  StampPageSchema,
} from '../peer/wire.ts';
import { answerSchemaOf, messageSchema } from './json-schema.ts';
import { PROBLEMS } from './problem.ts';

const time = { type: 'string', format: 'date-time' };
const count = { type: 'integer', minimum: 0 };
const stamp = { version: { type: 'integer', minimum: 1 }, epoch: { type: 'integer', minimum: 1 } };
/** A store that counts up to a bound says when there are more. */
const keys = { keys: count, keysAtLeast: { const: true } };
const onPrimary = ['pending', 'replicated', 'replication_failed'];

function object(properties: Record<string, unknown>, optional: string[] = []): Record<string, unknown> {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, required, additionalProperties: false };
}

const attempt = object(
  {
    at: time,
    outcome: { enum: ['applied', 'same', 'superseded', 'failed'] },
    error: { type: 'string' },
    durationMs: count,
  },
  ['error'],
);

export const RESPONSE_SCHEMAS = {
  Record: object({ key: { type: 'string' }, value: {}, ...stamp, updatedAt: time, expiresAt: time }, ['expiresAt']),
  Written: object({ key: { type: 'string' }, ...stamp, status: { enum: onPrimary }, error: { type: 'string' } }, [
    'error',
  ]),
  KeyPage: object(
    {
      keys: {
        type: 'array',
        items: object({
          key: { type: 'string' },
          ...stamp,
          status: { enum: [...onPrimary, 'replica'] },
          updatedAt: time,
        }),
      },
      cursor: { type: 'string' },
      complete: { type: 'boolean' },
    },
    ['cursor'],
  ),
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
  NodeStatus: {
    oneOf: [
      object(
        {
          role: { const: 'primary' },
          state: { enum: ['serving', 'fenced'] },
          id: { type: 'string' },
          epoch: { type: ['integer', 'null'], minimum: 1 },
          store: { type: 'string' },
          ...keys,
          backlog: object({ count, oldestAgeMs: { type: ['integer', 'null'] }, isAtLeast: { const: true } }, [
            'isAtLeast',
          ]),
          inSync: { type: 'boolean' },
          inSyncSince: { type: ['string', 'null'] },
          checkedAt: time,
          fencedBy: stamp.epoch,
          replica: object({
            url: { type: ['string', 'null'] },
            reachable: { type: ['boolean', 'null'] },
            id: { type: ['string', 'null'] },
            state: { enum: ['refilling', 'serving', null] },
            lastContactAt: { type: ['string', 'null'] },
            error: { type: ['string', 'null'] },
            circuit: { enum: ['closed', 'open', 'half_open'] },
          }),
        },
        ['fencedBy', 'keysAtLeast'],
      ),
      object(
        {
          role: { const: 'primary' },
          state: { const: 'recovering' },
          id: { type: 'string' },
          store: { type: 'string' },
          ...keys,
          inSync: { const: false },
          checkedAt: time,
          replica: object({
            url: { type: ['string', 'null'] },
            reachable: { type: ['boolean', 'null'] },
            id: { type: ['string', 'null'] },
            state: { enum: ['refilling', 'serving', null] },
            error: { type: ['string', 'null'] },
          }),
        },
        ['keysAtLeast'],
      ),
      object(
        {
          role: { const: 'replica' },
          state: { enum: ['refilling', 'serving'] },
          id: { type: 'string' },
          highestEpoch: count,
          store: { type: 'string' },
          ...keys,
          lastContactAt: { type: ['string', 'null'] },
          checkedAt: time,
          primary: object({
            url: { type: ['string', 'null'] },
            reachable: { type: ['boolean', 'null'] },
            state: { enum: ['recovering', 'serving', null] },
            epoch: { type: ['integer', 'null'] },
            error: { type: ['string', 'null'] },
          }),
        },
        ['keysAtLeast'],
      ),
    ],
  },
  BacklogPage: {
    ...object(
      {
        records: {
          type: 'array',
          items: object(
            {
              key: { type: 'string' },
              ...stamp,
              deleted: { const: true, description: 'Of a deletion.' },
              status: { enum: ['pending', 'replication_failed'] },
              updatedAt: time,
              ageMs: { ...count, description: 'Milliseconds since the write.' },
              attempts: { ...count, description: 'How often it has been tried.' },
              error: { type: 'string', description: 'Why the last attempt failed.' },
              nextAttemptAt: { ...time, description: 'From then on a repair ships it.' },
            },
            ['deleted', 'error', 'nextAttemptAt'],
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
    mode: { enum: ['none', 'failover'] },
    epoch: stamp.epoch,
    durationMs: count,
    atRisk: { type: ['integer', 'null'] },
  }),
  GroupSums: answerSchemaOf(DigestAnswerSchema),
  Digests: messageSchema(answerSchemaOf(DigestAnswerSchema)),
  StampPage: messageSchema(answerSchemaOf(StampPageSchema)),
  Records: messageSchema(answerSchemaOf(RecordsAnswerSchema)),
  RecordPage: messageSchema(answerSchemaOf(RecordPageSchema)),
  Faults: object({
    faults: {
      type: 'array',
      items: object({
        kind: { enum: FAULT_KINDS },
        keyPrefix: { type: 'string' },
        probability: { type: 'number' },
        count: { type: ['integer', 'null'] },
        delayMs: count,
        ttl: { type: 'integer' },
        expiresAt: time,
      }),
    },
    always: { type: 'array', items: object({ kind: { const: 'error' }, value: { type: 'string' } }) },
  }),
  Handshake: messageSchema(answerSchemaOf(HandshakeSchema)),
  BatchAnswer: messageSchema(answerSchemaOf(BatchAnswerSchema)),
  Health: object({ status: { const: 'ok' }, role: { enum: ['primary', 'replica'] } }),
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
