// Pages of keys. The cursor of the API is the store's cursor, which for keys is a key.
import { TandemError } from '../errors.ts';
import { keyProblem } from '../key.ts';
import { DEFAULT_PAGE } from '../limits.ts';
import type { ReplicaFacts } from '../replication/replica-state.ts';
import { type FoldedPage, foldedPage } from '../store/folded.ts';
import type { EntryHead, HeadPage, ListQuery, ReplicationStatus, Store } from '../store/store.ts';
import { type Answer, isoTime } from './answer.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { CopyStatus } from './representation.ts';
import { type Event, flagOf, numberOf } from './request.ts';
import { PageLimit } from './schemas.ts';

export interface KeysQuery extends Omit<ListQuery, 'now'> {
  /** Keys are folded at it. Absent: they are not. */
  readonly delimiter?: string;
}

/** @throws TandemError `invalid_parameter` */
export function keysQueryOf(event: Event): KeysQuery {
  const { prefix = '', cursor, delimiter } = event.queryStringParameters ?? {};
  if (prefix !== '' && keyProblem(prefix))
    throw new TandemError('invalid_parameter', 'prefix must be the beginning of a key.', { parameter: 'prefix' });
  if (delimiter !== undefined && keyProblem(delimiter))
    throw new TandemError('invalid_parameter', 'delimiter must be part of a key, for instance /.', {
      parameter: 'delimiter',
    });
  return {
    prefix,
    limit: numberOf(event, 'limit', PageLimit) ?? DEFAULT_PAGE,
    values: flagOf(event, 'values'),
    reverse: flagOf(event, 'reverse'),
    ...(delimiter !== undefined && { delimiter }),
    ...(cursor !== undefined && { cursor: decodeCursor(cursor, isKey) }),
  };
}

/** @param now in milliseconds */
export function keyPage(
  store: Store,
  { delimiter, ...listed }: KeysQuery,
  now: number,
): Promise<HeadPage | FoldedPage> {
  const query = { ...listed, now };
  return delimiter === undefined ? store.list(query) : foldedPage(store, query, delimiter);
}

/** @param facts what this primary knows of its replica; `undefined` on a replica */
export function listAnswer(page: HeadPage | FoldedPage, facts: ReplicaFacts | undefined): Answer {
  const { heads, cursor } = page;
  const keys = heads.map((head) => keyBody(head, facts ? statusOnPage(head.status, facts) : 'replica'));
  const folded = 'prefixes' in page ? `"prefixes":${JSON.stringify(page.prefixes)},` : '';
  const more = cursor === undefined ? '' : `"cursor":"${encodeCursor(cursor)}",`;
  return { status: 200, body: `{"keys":[${keys.join(',')}],${folded}${more}"complete":${cursor === undefined}}` };
}

/** JSON text: a value goes in as its client wrote it. */
function keyBody({ key, version, epoch, updatedAt, value }: EntryHead, status: CopyStatus): string {
  const text = JSON.stringify({ key, version, epoch, status, updatedAt: isoTime(updatedAt) });
  return value === undefined ? text : `${text.slice(0, -1)},"value":${value}}`;
}

/**
 * A head does not tell which contents acknowledged its record: while the replica may lack anything, none counts.
 * @param status absent: the record came from the other node, which holds it
 */
function statusOnPage(status: ReplicationStatus = 'replicated', { isRefilling }: ReplicaFacts): ReplicationStatus {
  return isRefilling && status === 'replicated' ? 'pending' : status;
}

function isKey(cursor: string): boolean {
  return keyProblem(cursor) === undefined;
}
