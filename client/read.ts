// Reads of one key.
import type { CopyStatus, Entry, KeyStatus } from './answers.ts';
import type { Answered, Call } from './call.ts';
import type { CallOptions, Context } from './context.ts';
import { keyPath, withQuery } from './key-path.ts';
import type { ReadFrom } from './options.ts';
import { receiptOf } from './receipt.ts';
import { tagged } from './tagged.ts';

export interface GetOptions extends CallOptions {
  /** In place of what the client was made with. */
  readonly readFrom?: ReadFrom;
  /** The ETag of a write, of this client or any other: the entry is that state of the key or a newer one. */
  readonly atLeast?: string;
  /** How old what a replica holds may be, in seconds. Where it is older, the other node is asked. */
  readonly maxStale?: number;
}

/** @returns `undefined`: there is no such key */
export async function get<T>(context: Context, key: string, options: GetOptions = {}): Promise<Entry<T> | undefined> {
  const { readFrom = context.settings.readFrom, maxStale: max_stale, signal } = options;
  const path = keyPath('/key', key);
  const own = readFrom === 'primary' ? undefined : context.ownWrites.etagOf(key);
  const answered = await context.send({
    to: readFrom,
    // On the node that leads every write is there that it has answered.
    request: (address) => {
      const at_least = options.atLeast ?? (address === context.addresses.leader ? undefined : own);
      return { method: 'GET', path: withQuery(path, { at_least, max_stale }) };
    },
    expects: ['key_not_found'],
    ...(own !== undefined && options.atLeast === undefined && { elsewhere: ['not_yet_replicated', 'divergent'] }),
    signal,
  } satisfies Call);
  if (own !== undefined && answered.from !== context.addresses.leader) context.ownWrites.forget(key, own);
  return answered.status === 404 ? undefined : entryOf<T>(answered, key);
}

function entryOf<T>(answered: Answered, key: string): Entry<T> {
  const { headers, from } = answered;
  const body = tagged<Omit<Entry<T>, 'etag' | 'status' | 'receipt'>>(answered, key);
  return { ...body, status: headers.get('replication-status') as CopyStatus, receipt: receiptOf(headers, from.url) };
}

/** @returns `undefined`: the key was never written, or that is forgotten */
export async function keyStatus(
  { send }: Context,
  key: string,
  { signal }: CallOptions = {},
): Promise<KeyStatus | undefined> {
  const request = { method: 'GET', path: keyPath('/status', key) } as const;
  const answered = await send({ to: 'leader', request, expects: ['key_not_found'], signal });
  return answered.status === 404 ? undefined : tagged<KeyStatus>(answered, key);
}
