// Examples of the OpenAPI description: of requests by their operations, and of answers by their schemas.
import type { Json } from '../json-schema.ts';
import type { Operation } from './head.ts';
import type { RESPONSE_SCHEMAS } from './responses.ts';

const EPOCH = 1_763_790_000_000;
const WRITTEN_AT = '2026-11-22T07:00:00.000Z';

/** By operationId. */
export const REQUEST_EXAMPLES: Readonly<Record<string, unknown>> = {
  put: { value: 'hello', ttl: 3600 },
  patch: { increment: 1 },
  batch: {
    operations: [
      { op: 'put', key: 'a', value: 1 },
      { op: 'patch', key: 'visits', increment: 1, idempotencyKey: '7f0c' },
      { op: 'get', key: 'foo' },
      { op: 'delete', key: 'old', ifMatch: `"${EPOCH}-3"` },
    ],
  },
  promote: { force: false },
  setFaults: { faults: [{ kind: 'delay', keyPrefix: 'slow/', delayMs: 500, ttl: 60 }] },
  addFault: { kind: 'drop_reply', count: 1 },
};

const key = { key: 'foo', version: 1, epoch: EPOCH };

export const ANSWER_EXAMPLES: Readonly<Partial<Record<keyof typeof RESPONSE_SCHEMAS, Json>>> = {
  Record: { ...key, value: 'hello', updatedAt: WRITTEN_AT },
  Written: { ...key, status: 'replicated' },
  Patched: { ...key, key: 'visits', status: 'replicated', value: 1 },
  Results: {
    results: [
      { status: 201, ...key, replicationStatus: 'replicated' },
      { status: 200, ...key, value: 'hello', updatedAt: WRITTEN_AT },
    ],
  },
  KeyPage: { keys: [{ ...key, status: 'replicated', updatedAt: WRITTEN_AT }], complete: true },
  ChangePage: { changes: [{ ...key, updatedAt: WRITTEN_AT }], next: 'MTIzNDU2Nzg5MGFiY2RlZiAxIDE', complete: true },
  KeyStatus: {
    ...key,
    status: 'replicated',
    updatedAt: WRITTEN_AT,
    replicatedAt: '2026-11-22T07:00:00.004Z',
    lagMs: 4,
    attempts: [{ at: WRITTEN_AT, outcome: 'applied', durationMs: 4 }],
  },
};

/** @param schemas of the answers. @returns the same, those that have an example with it */
export function withExamples(schemas: Readonly<Record<string, Json>>): Json {
  const examples: Readonly<Record<string, Json | undefined>> = ANSWER_EXAMPLES;
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => {
      const example = examples[name];
      return [name, example ? { ...schema, examples: [example] } : schema];
    }),
  );
}

/** @returns the operation; with an example of its body, if it has one */
export function withExample(operation: Operation): Operation {
  const { operationId, requestBody } = operation;
  const example = REQUEST_EXAMPLES[operationId];
  if (example === undefined) return operation;
  const { content, ...rest } = requestBody as { content: Record<string, Json> };
  const shown = Object.entries(content).map(([type, media]) => [type, { ...media, example }]);
  return { ...operation, requestBody: { ...rest, content: Object.fromEntries(shown) } };
}
