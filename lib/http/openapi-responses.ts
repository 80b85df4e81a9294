// The answers, as JSON Schema. tests/handlers holds every answer against them.
import { PROBLEMS } from './problem.ts';

const time = { type: 'string', format: 'date-time' };
const count = { type: 'integer', minimum: 0 };
const stamp = { version: { type: 'integer', minimum: 1 }, epoch: { type: 'integer', minimum: 1 } };
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
          version: stamp.version,
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
      attempts: { type: 'array', items: attempt, maxItems: 10 },
    },
    ['deleted', 'expiresAt', 'replicatedAt', 'lagMs', 'nextAttemptAt', 'attempts'],
  ),
  NodeStatus: {
    oneOf: [
      object({
        role: { const: 'primary' },
        id: { type: 'string' },
        epoch: stamp.epoch,
        store: { type: 'string' },
        keys: count,
        backlog: object({ count, oldestAgeMs: { type: ['integer', 'null'] } }),
        inSync: { type: 'boolean' },
        replica: object({
          reachable: { type: ['boolean', 'null'] },
          id: { type: ['string', 'null'] },
          lastContactAt: { type: ['string', 'null'] },
          error: { type: ['string', 'null'] },
          circuit: { enum: ['closed', 'open', 'half_open'] },
        }),
      }),
      object({
        role: { const: 'replica' },
        id: { type: 'string' },
        highestEpoch: count,
        store: { type: 'string' },
        keys: count,
        lastContactAt: { type: ['string', 'null'] },
      }),
    ],
  },
  RepairReport: object({ shipped: count, failed: count, remaining: count, stoppedBy: { type: 'string' } }, [
    'stoppedBy',
  ]),
  BatchAnswer: object({
    id: { type: 'string' },
    answers: {
      type: 'array',
      items: object({ outcome: { enum: ['applied', 'same', 'superseded', 'failed'] }, error: { type: 'string' } }, [
        'error',
      ]),
    },
  }),
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
