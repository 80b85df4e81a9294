// Pages of keys. The cursor of the API is the store's cursor, which for keys is a key.
import { TandemError } from '../errors.ts';
import { keyProblem } from '../key.ts';
import { DEFAULT_PAGE } from '../limits.ts';
import type { HeadPage } from '../store/store.ts';
import { type Answer, isoTime, json } from './answer.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { type Event, numberOf } from './request.ts';
import { PageLimit } from './schemas.ts';

export interface ListQuery {
  readonly prefix: string;
  readonly limit: number;
  readonly cursor?: string;
}

/** @throws TandemError `invalid_parameter` */
export function listQueryOf(event: Event): ListQuery {
  const { prefix = '', cursor } = event.queryStringParameters ?? {};
  if (prefix !== '' && keyProblem(prefix))
    throw new TandemError('invalid_parameter', 'prefix must be the beginning of a key.', { parameter: 'prefix' });
  return {
    prefix,
    limit: numberOf(event, 'limit', PageLimit) ?? DEFAULT_PAGE,
    ...(cursor !== undefined && { cursor: decodeCursor(cursor, isKey) }),
  };
}

/** @param isRefilling whether the replica may lack anything: then no key is said to be on it */
export function listAnswer({ heads, cursor }: HeadPage, isRefilling: boolean): Answer {
  const keys = heads.map(({ key, version, epoch, status = 'replica', updatedAt }) => ({
    key,
    version,
    epoch,
    status: isRefilling && status === 'replicated' ? 'pending' : status,
    updatedAt: isoTime(updatedAt),
  }));
  return json(200, {
    keys,
    ...(cursor !== undefined && { cursor: encodeCursor(cursor) }),
    complete: cursor === undefined,
  });
}

function isKey(cursor: string): boolean {
  return keyProblem(cursor) === undefined;
}
