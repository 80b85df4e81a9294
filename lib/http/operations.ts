// The operations of `POST /batch`, each read alone: what is wrong with one is its own answer, and holds up none of the others.
import * as v from 'valibot';
import { excerpt, TandemError } from '../errors.ts';
import { itemsOf, type JsonDocument, type JsonLimits, readJson } from '../json.ts';
import { keyProblem } from '../key.ts';
import { MAX_OPERATIONS, MAX_OPERATIONS_BYTES, MAX_VALUE_DEPTH, MAX_VALUE_PARTS } from '../limits.ts';
import type { WriteRequest } from '../replication/write-request.ts';
import { preconditionsOf } from './etag.ts';
import { patchIn } from './patch-body.ts';
import { putIn, WRITE_LIMITS } from './put-body.ts';
import { type Event, jsonTextOf } from './request.ts';
import { Operation as Fields } from './schemas.ts';
import { invalidField, objectIn } from './write-body.ts';
import { idempotencyKeyIn } from './write-headers.ts';

/** What is asked of one key. */
export type Operation =
  | { readonly op: 'get'; readonly key: string; readonly ifNoneMatch?: string }
  | { readonly op: 'put' | 'patch' | 'delete'; readonly request: WriteRequest };

/** An operation, or why it is none. `writes`: it needs the token of those who write, whatever else is wrong with it. */
export type ReadOperation = { readonly writes: boolean } & (
  | { readonly operation: Operation }
  | { readonly error: TandemError }
);

const BODY_LIMITS: JsonLimits = {
  depth: MAX_VALUE_DEPTH + 3,
  parts: MAX_VALUE_PARTS,
  length: MAX_OPERATIONS_BYTES,
};
const EXAMPLE = '{"operations":[{"op":"get","key":"foo"}]}';

/** @throws TandemError `invalid_json`, `unsupported_media_type`, `value_too_large`, `invalid_body` */
export function operationsOf(event: Event): ReadOperation[] {
  const document = readJson(jsonTextOf(event, MAX_OPERATIONS_BYTES), BODY_LIMITS);
  const { operations, ...rest }: { operations?: unknown } = objectIn(document, EXAMPLE);
  if (!Array.isArray(operations) || Object.keys(rest).length > 0)
    throw new TandemError('invalid_body', `Send operations, and nothing else: ${EXAMPLE}.`, { field: 'operations' });
  if (operations.length > MAX_OPERATIONS)
    throw new TandemError('invalid_body', `operations must be at most ${MAX_OPERATIONS}.`, { field: 'operations' });
  return itemsOf(document.sourceOf('operations') ?? '').map(readOperation);
}

function readOperation(text: string): ReadOperation {
  let writes = false;
  try {
    const document = readJson(text, WRITE_LIMITS);
    const { op, ...rest }: { op?: unknown } = objectIn(document, '{"op":"get","key":"foo"}');
    writes = op === 'put' || op === 'patch' || op === 'delete';
    return { writes, operation: operationIn(op, { ...document, parsed: rest }) };
  } catch (error) {
    if (error instanceof TandemError) return { writes, error };
    throw error;
  }
}

/** @throws TandemError `invalid_body`, `invalid_key`, `invalid_parameter`, `value_too_large` */
function operationIn(op: unknown, document: JsonDocument): Operation {
  const { common, rest } = commonIn(document);
  const { key, ifNoneMatch, ...more } = common;
  switch (op) {
    case 'get':
      refuseRest(rest, more);
      return { op, key, ...(ifNoneMatch !== undefined && { ifNoneMatch }) };
    case 'put':
      return { op, request: { ...requestIn(common), ...putIn(rest) } };
    case 'patch':
      return { op, request: { ...requestIn(common), patch: patchIn(rest) } };
    case 'delete':
      refuseRest(rest);
      return { op, request: requestIn(common) };
    default:
      throw new TandemError('invalid_body', `op must be get, put, patch or delete, not ${excerpt(`${op}`)}.`, {
        field: 'op',
      });
  }
}

const CommonSchema = v.looseObject(Fields);
type Common = Pick<v.InferOutput<typeof CommonSchema>, keyof typeof Fields>;

/** The fields that every operation may have, and the document without them. */
function commonIn(document: JsonDocument): { readonly common: Common; readonly rest: JsonDocument } {
  const result = v.safeParse(CommonSchema, document.parsed, { abortEarly: true });
  if (!result.success) throw invalidField(result.issues[0], 'key');
  const { key, ifMatch, ifNoneMatch, idempotencyKey, ...rest } = result.output;
  const problem = keyProblem(key);
  if (problem) throw new TandemError('invalid_key', problem);
  const common = {
    key,
    ...(ifMatch !== undefined && { ifMatch }),
    ...(ifNoneMatch !== undefined && { ifNoneMatch }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  };
  return { common, rest: { ...document, parsed: rest } };
}

function requestIn({ key, ifMatch, ifNoneMatch, idempotencyKey }: Common): WriteRequest {
  const condition = preconditionsOf({ 'if-match': ifMatch, 'if-none-match': ifNoneMatch });
  return {
    key,
    ...(condition && { condition }),
    ...(idempotencyKey !== undefined && { idempotencyKey: idempotencyKeyIn(idempotencyKey, 'idempotencyKey') }),
  };
}

function refuseRest({ parsed }: JsonDocument, more: object = {}): void {
  const [field] = Object.keys({ ...(parsed as object), ...more });
  if (field === undefined) return;
  const detail = `${excerpt(field)} is not a field of this operation.`;
  throw new TandemError('invalid_body', detail, { field: excerpt(field) });
}
