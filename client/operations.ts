// The operations of a batch, and the requests that carry them.
import type { Entry, Patched, Written } from './answers.ts';
import { type Conditions, type Expiry, expiryPatch, putBody } from './write.ts';

interface Named {
  readonly key: string;
}
interface NamedWrite extends Named {
  /** As of a single write. Each gets one of its own unless it is given. */
  readonly idempotencyKey?: string;
}

export interface GetOperation extends Named {
  readonly op: 'get';
}
export interface PutOperation extends NamedWrite, Conditions, Expiry {
  readonly op: 'put';
  readonly value: unknown;
}
export interface DeleteOperation extends NamedWrite, Pick<Conditions, 'ifMatch'> {
  readonly op: 'delete';
}
export interface IncrementOperation extends NamedWrite, Conditions {
  readonly op: 'increment';
  /** 1 unless given. */
  readonly by?: number;
}
export interface MergeOperation extends NamedWrite, Conditions {
  readonly op: 'merge';
  readonly change: object;
}
export interface TouchOperation extends NamedWrite, Pick<Conditions, 'ifMatch'> {
  readonly op: 'touch';
  /** `null`: never. */
  readonly expiry: Expiry | null;
}

export type Operation =
  | GetOperation
  | PutOperation
  | DeleteOperation
  | IncrementOperation
  | MergeOperation
  | TouchOperation;

/** What a batch reads of a key. */
export type BatchEntry<T> = Omit<Entry<T>, 'status'>;

/** What the method of that name would have resolved to. */
export type ResultOf<Of extends Operation> = Of extends GetOperation
  ? BatchEntry<unknown> | undefined
  : Of extends DeleteOperation
    ? Written | undefined
    : Of extends TouchOperation
      ? Patched<unknown> | undefined
      : Of extends IncrementOperation
        ? Patched<number> & { readonly value: number }
        : Of extends MergeOperation
          ? Patched<unknown>
          : Written;

/** An operation on its way. */
export interface Pending {
  /** Its place among those that were given. */
  readonly index: number;
  readonly operation: Operation;
  /** As the API has it: JSON text. */
  readonly text: string;
}

/** Of one request. */
const MOST_OPERATIONS = 100;
const MOST_BYTES = 1024 * 1024;
/** What stands around the operations of a request. */
const FRAME_BYTES = 20;

/** @param nextIdempotencyKey absent: writes have no name, unless they were given one */
export function pendingOf(
  operations: readonly Operation[],
  nextIdempotencyKey: (() => string) | undefined,
): readonly Pending[] {
  return operations.map((operation, index) => ({ index, operation, text: textOf(operation, nextIdempotencyKey) }));
}

/** @throws TypeError for a value that is no JSON, and where it is not said when a key expires */
function textOf(operation: Operation, nextIdempotencyKey: (() => string) | undefined): string {
  const { op, key } = operation;
  if (op === 'get') return JSON.stringify({ op, key });
  const { ifMatch, idempotencyKey = nextIdempotencyKey?.() } = operation;
  const ifNoneMatch = 'ifAbsent' in operation && operation.ifAbsent ? '*' : undefined;
  const common = { op: IN_THE_API[op], key, ifMatch, ifNoneMatch, idempotencyKey };
  if (op === 'delete') return JSON.stringify(common);
  return `${changeOf(operation).slice(0, -1)},${JSON.stringify(common).slice(1)}`;
}

const IN_THE_API = { put: 'put', delete: 'delete', increment: 'patch', merge: 'patch', touch: 'patch' } as const;

/** The body that the request of such an operation has alone. */
function changeOf(operation: Exclude<Operation, GetOperation | DeleteOperation>): string {
  switch (operation.op) {
    case 'put':
      return putBody(operation.value, operation);
    case 'increment':
      return JSON.stringify({ increment: operation.by ?? 1 });
    case 'merge':
      return JSON.stringify({ merge: operation.change });
    case 'touch':
      return JSON.stringify(expiryPatch(operation.expiry));
  }
}

/**
 * In as few requests as the limits of the API allow, in their order.
 * @param areNamed whether writes have names: then no request writes a key twice, since of each client the newest write of a key is
 * what a record certainly remembers
 */
export function requestsOf(pending: readonly Pending[], areNamed: boolean): Pending[][] {
  const requests: Pending[][] = [];
  const written = new Set<string>();
  let last: Pending[] | undefined;
  let bytes = 0;
  for (const each of pending) {
    const { op, key } = each.operation;
    const more = bytesOf(each.text) + 1;
    const isWrite = op !== 'get';
    const isFull = last?.length === MOST_OPERATIONS || bytes + more > MOST_BYTES;
    if (last === undefined || isFull || (areNamed && isWrite && written.has(key))) {
      last = [];
      bytes = FRAME_BYTES;
      written.clear();
      requests.push(last);
    }
    last.push(each);
    bytes += more;
    if (isWrite) written.add(key);
  }
  return requests;
}

/** The keys that a request writes. */
export function writtenIn(pending: readonly Pending[]): string[] {
  return pending.flatMap(({ operation: { op, key } }) => (op === 'get' ? [] : key));
}

export function bodyOf(pending: readonly Pending[]): string {
  return `{"operations":[${pending.map(({ text }) => text).join(',')}]}`;
}

const encoder = new TextEncoder();

/** Of UTF-8. A short text is not worth counting: a UTF-16 unit takes three at most. */
function bytesOf(text: string): number {
  return text.length < 1000 ? 3 * text.length : encoder.encode(text).length;
}
