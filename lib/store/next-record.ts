// What a write makes of what is stored, or why it does not: the same on every engine.
import { TandemError } from '../errors.ts';
import { MAX_REMEMBERED_VALUE } from '../limits.ts';
import { isLive, type RememberedWrite, type StoredRecord } from '../record.ts';
import { lineageAfter } from './base.ts';
import { rejectionOf } from './condition.ts';
import { remembering } from './remembering.ts';
import type { Change, Contents, Entry, WriteResult } from './store.ts';

/** A record that is to be written. */
export interface Next {
  readonly record: StoredRecord;
  /** Whether the key has no live value before. */
  readonly created: boolean;
}

export type Rejection = Exclude<WriteResult, { outcome: 'written' }>;

/** @param own names these contents as a writer */
export function nextRecord(change: Change, current: Entry | undefined, own: string): Next | Rejection {
  const rejected = rejectionOf(change, current);
  if (rejected) return rejected;
  const { contents: wanted, now } = change;
  const old = current?.record;
  const contents = typeof wanted === 'function' ? wanted(old && isLive(old, now) ? old : undefined) : wanted;
  if (contents instanceof TandemError) return { outcome: 'refused', because: contents, ...(current && { current }) };
  return recordAfter(old, change, contents, own);
}

/** The record that a change makes of what the key has, once it is known that it may, and what it leaves. */
export function recordAfter(
  old: StoredRecord | undefined,
  change: Change,
  contents: Contents | undefined,
  own: string,
): Next {
  const { key, epoch, now } = change;
  const version = (old?.version ?? 0) + 1;
  const created = !(old && isLive(old, now));
  const updatedAt = Math.max(now, old?.updatedAt ?? 0);
  const write = { epoch, version, at: updatedAt, ...(created && { created }) };
  const remembered = rememberedAfter(old, change, write, contents);
  const record = {
    key,
    epoch,
    version,
    updatedAt,
    ...contents,
    ...lineageAfter(old, own, epoch),
    writer: own,
    ...(remembered && { remembered }),
  };
  return { record, created };
}

/** What a record remembers of the write that makes it, and of those before it. */
function rememberedAfter(
  old: StoredRecord | undefined,
  { idempotencyKey: id, contents }: Change,
  write: Omit<RememberedWrite, 'id' | 'value'>,
  made: Contents | undefined,
): readonly RememberedWrite[] | undefined {
  if (id === undefined) return old?.remembered;
  const isKept = typeof contents === 'function' && made !== undefined && made.value.length <= MAX_REMEMBERED_VALUE;
  return remembering(old?.remembered ?? [], { id, ...write, ...(isKept && { value: made.value }) });
}
