// The answer to a read.
import { excerpt, TandemError } from '../errors.ts';
import { isLive } from '../record.ts';
import { holds } from '../store/condition.ts';
import type { Entry } from '../store/store.ts';
import type { Answer } from './answer.ts';
import { preconditionsOf } from './etag.ts';
import { type CopyStatus, recordBody, recordHeaders } from './representation.ts';

const ONE_READ = { Reads: 1 };

/**
 * 200 with the value, or 304 when `ifNoneMatch` names its tag.
 * @param status of a record's copy now
 * @throws TandemError `key_not_found`, and `invalid_parameter` for a malformed tag
 */
export function readAnswer(
  key: string,
  entry: Entry | undefined,
  ifNoneMatch: string | undefined,
  now: number,
  status: (entry: Entry) => CopyStatus,
): Answer {
  if (entry === undefined || !isLive(entry.record, now)) throw notFound(key);
  const headers = recordHeaders(entry, status(entry));
  if (ifNoneMatch !== undefined && !holds(preconditionsOf({ 'if-none-match': ifNoneMatch }), entry.record))
    return { status: 304, headers, metrics: ONE_READ };
  return { status: 200, headers, body: recordBody(entry.record), metrics: ONE_READ };
}

export function notFound(key: string): TandemError {
  return new TandemError('key_not_found', `There is no key '${excerpt(key)}'.`);
}
