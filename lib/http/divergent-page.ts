// Pages of divergent writes: those that a failover superseded unseen, and what has superseded them. The cursor of the API is
// the store's cursor, which names a write.
import { divergentPlace, divergentWrite, type WriteName, writeAt } from '../divergent.ts';
import { inParallel } from '../in-parallel.ts';
import { sourcesOf } from '../json.ts';
import { DEFAULT_PAGE } from '../limits.ts';
import type { StoredRecord } from '../record.ts';
import type { Entry, Page, Store } from '../store/store.ts';
import { type Answer, isoTime } from './answer.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { type Event, numberOf } from './request.ts';
import { PageLimit } from './schemas.ts';

export interface DivergentQuery {
  readonly limit: number;
  readonly cursor?: string;
}

/** Characters of a page, beyond which it ends: an answer of a function has 6 MB at most. */
const MAX_LENGTH = 1024 * 1024;

/** @throws TandemError `invalid_parameter` */
export function divergentQueryOf(event: Event): DivergentQuery {
  const { cursor } = event.queryStringParameters ?? {};
  return {
    limit: numberOf(event, 'limit', PageLimit) ?? DEFAULT_PAGE,
    ...(cursor !== undefined && { cursor: decodeCursor(cursor, (text) => writeAt(text) !== undefined) }),
  };
}

/** A page also ends where its values become too long for one. @param store which says what each key holds now */
export async function divergentAnswer({ entries, cursor }: Page, store: Store): Promise<Answer> {
  const { listed, next = cursor } = asManyAsFit(entries);
  const writes = await inParallel(listed, async ({ name, record }) => {
    return writeBody(name, record, await store.get(name.key));
  });
  const more = next === undefined ? '' : `"cursor":"${encodeCursor(next)}",`;
  return { status: 200, body: `{"writes":[${writes.join(',')}],${more}"complete":${next === undefined}}` };
}

interface Listed {
  readonly name: WriteName;
  readonly record: StoredRecord;
}

/** The first of these entries, one at least; and the cursor after them, if these are not all. */
function asManyAsFit(entries: readonly Entry[]): { listed: Listed[]; next?: string } {
  const listed: Listed[] = [];
  let length = 0;
  for (const { record } of entries) {
    const name = divergentWrite(record.key);
    if (name === undefined) continue;
    const last = listed.at(-1);
    length += record.value?.length ?? 0;
    if (last && length > MAX_LENGTH) return { listed, next: divergentPlace(last.name) };
    listed.push({ name, record });
  }
  return { listed };
}

/** JSON text: the value goes in as its client wrote it. @param held what the key holds now */
function writeBody({ key, version, epoch }: WriteName, record: StoredRecord, held: Entry | undefined): string {
  const times = `"version":${version},"epoch":${epoch},"updatedAt":"${isoTime(record.updatedAt)}"`;
  return `{"key":${JSON.stringify(key)},${kept(record)}${times},"supersededBy":${winner(held)}}`;
}

/** What is known of the write beside its stamp: that it was a deletion, or its value, where there was room to keep that. */
function kept({ value = '{}' }: StoredRecord): string {
  const sourceOf = sourcesOf(value);
  if (sourceOf('deleted') === 'true') return '"deleted":true,';
  const text = sourceOf('value');
  return text === undefined ? '' : `"value":${text},`;
}

/** `null`: the key holds nothing any more. */
function winner(held: Entry | undefined): string {
  if (held === undefined) return 'null';
  const { version, epoch, updatedAt } = held.record;
  return JSON.stringify({ version, epoch, updatedAt: isoTime(updatedAt) });
}
