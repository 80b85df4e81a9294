// Writes of one key. Each has a name of its own, so that it is done once however often it is sent.
import type { Patched, Written } from './answers.ts';
import type { Call } from './call.ts';
import type { CallOptions, Context } from './context.ts';
import type { ErrorCode } from './error.ts';
import { JsonText } from './json-text.ts';
import { keyPath } from './key-path.ts';
import type { NodeRequest } from './request.ts';
import { tagged } from './tagged.ts';

/** Under what a write is done. If it does not hold: `precondition_failed`. */
export interface Conditions {
  /** Only if this is the ETag of the key. */
  readonly ifMatch?: string | undefined;
  /** Only if there is no such key. */
  readonly ifAbsent?: boolean | undefined;
}

/** When the key expires: one of them. Without either it never does. */
export interface Expiry {
  /** Whole seconds from now. */
  readonly ttl?: number | undefined;
  /** At this time, to the millisecond. */
  readonly expiresAt?: Date | string | undefined;
}

export interface WriteOptions extends CallOptions {
  /** Answer as soon as the primary has it, `pending`, and do not wait for the replica. */
  readonly respondAsync?: boolean | undefined;
  /** Names the write: 1 to 64 visible ASCII characters. Where it is repeated, in another process perhaps, it is done once. */
  readonly idempotencyKey?: string | undefined;
}

export interface DeleteOptions extends WriteOptions, Pick<Conditions, 'ifMatch'> {}
export interface PatchOptions extends WriteOptions, Conditions {}
export interface PutOptions extends PatchOptions, Expiry {}

/** What PATCH takes. */
export type Patch =
  | { readonly increment: number }
  | { readonly merge: object }
  | { readonly ttl: number | null }
  | { readonly expiresAt: string | null };

export async function put<T>(context: Context, key: string, value: T, options: PutOptions = {}): Promise<Written> {
  return (await write(context, 'PUT', key, options, putBody(value, options))) as Written;
}

/** @throws TypeError for a value that is no JSON */
export function putBody(value: unknown, { ttl, expiresAt }: Expiry): string {
  const text = value instanceof JsonText ? value.text : JSON.stringify(value);
  // `undefined`, functions and symbols have no JSON.
  if (text === undefined) throw new TypeError(`A value is JSON, and ${typeof value} is none.`);
  if (ttl === undefined && expiresAt === undefined) return `{"value":${text}}`;
  return `{"value":${text},${JSON.stringify({ ttl, expiresAt: timeOf(expiresAt) }).slice(1)}`;
}

/** @returns `undefined`: there was nothing to delete */
export async function remove(context: Context, key: string, options: DeleteOptions = {}): Promise<Written | undefined> {
  return write(context, 'DELETE', key, options, undefined, ['key_not_found']);
}

export async function patch<T>(
  context: Context,
  key: string,
  change: Patch,
  options: PatchOptions = {},
): Promise<Patched<T>> {
  return (await write<Patched<T>>(context, 'PATCH', key, options, JSON.stringify(change))) as Patched<T>;
}

/** @returns `undefined`: there is no such key */
export async function touch<T>(
  context: Context,
  key: string,
  expiry: Expiry | null,
  options: PatchOptions = {},
): Promise<Patched<T> | undefined> {
  return write<Patched<T>>(context, 'PATCH', key, options, JSON.stringify(expiryPatch(expiry)), ['key_not_found']);
}

/** @throws TypeError where it is not said when */
export function expiryPatch(expiry: Expiry | null): Patch {
  if (expiry === null) return { ttl: null };
  const expiresAt = timeOf(expiry.expiresAt);
  if (expiresAt !== undefined && expiry.ttl === undefined) return { expiresAt };
  if (expiry.ttl !== undefined && expiresAt === undefined) return { ttl: expiry.ttl };
  throw new TypeError('Say when the key expires: { ttl } in seconds, { expiresAt }, or null for never.');
}

async function write<Answer extends Written>(
  context: Context,
  method: NodeRequest['method'],
  key: string,
  options: PatchOptions,
  body: string | undefined,
  expects: readonly ErrorCode[] = [],
): Promise<Answer | undefined> {
  const { settings, ownWrites, turns } = context;
  const idempotencyKey = options.idempotencyKey ?? (settings.retry && context.nextIdempotencyKey());
  const call: Call = {
    to: 'leader',
    request: {
      method,
      path: keyPath('/key', key),
      headers: headersOf(options, idempotencyKey),
      ...(body !== undefined && { body }),
    },
    write: idempotencyKey === undefined ? 'once' : 'repeatable',
    expects,
    signal: options.signal,
  };
  const send = () => context.send(call);
  const answered = await (idempotencyKey === undefined ? send() : turns.take([key], options.signal, send));
  if (answered.status === 404) return undefined;
  const written = tagged<Answer>(answered, key);
  ownWrites.wrote(written);
  return written;
}

function headersOf(
  { ifMatch, ifAbsent, respondAsync }: PatchOptions,
  idempotencyKey: string | undefined,
): Record<string, string> {
  return {
    ...(ifMatch !== undefined && { 'if-match': ifMatch }),
    ...(ifAbsent === true && { 'if-none-match': '*' }),
    ...(respondAsync === true && { prefer: 'respond-async' }),
    ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
  };
}

/** @throws TypeError for what is no time */
export function timeOf(time: Date | string | undefined): string | undefined {
  if (time === undefined) return undefined;
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) throw new TypeError(`expiresAt must be a time, and '${time}' is none.`);
  return date.toISOString();
}
