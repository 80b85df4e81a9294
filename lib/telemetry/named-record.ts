// Names records for events: without their values, and the first of them only.
import { divergentWrite, listsDeletion } from '../divergent.ts';
import { excerpt } from '../errors.ts';
import type { StoredRecord } from '../record.ts';
import { MAX_NAMED, type NamedOutcome, type NamedRecord, type ReplicationEvent, type Some } from './events.ts';

/** Characters of the reason of a failure. */
const MAX_REASON = 200;

export function nameOf(record: StoredRecord): NamedRecord {
  const listed = divergentWrite(record.key);
  const { key, epoch, version } = listed ?? record;
  return {
    key,
    epoch,
    version,
    ...(record.value === undefined && { deleted: true }),
    ...(listed && { divergent: true }),
  };
}

/** A write was listed as divergent. @param listed the record that lists it */
export function divergentEvent(listed: StoredRecord): ReplicationEvent {
  const { divergent: _, ...write } = nameOf(listed);
  return { kind: 'divergent', ...write, ...(listsDeletion(listed) && { deleted: true }) };
}

/** Names the first MAX_NAMED of some items, and counts all. @param name makes the name of an item; it is called for these only */
export function someOf<T, Named>(items: readonly T[], name: (item: T, i: number) => Named): Some<Named> {
  return { records: items.slice(0, MAX_NAMED).map(name), count: items.length };
}

/** A record and what became of it. @param nextAttemptAt in milliseconds, if it is tried again */
export function outcomeOf(
  record: StoredRecord,
  { outcome, error }: Pick<NamedOutcome, 'outcome' | 'error'>,
  nextAttemptAt?: number,
): NamedOutcome {
  return {
    ...nameOf(record),
    outcome,
    ...(error !== undefined && { error: reasonOf(error) }),
    ...(nextAttemptAt !== undefined && { nextAttemptAt }),
  };
}

/** The other node may say anything. */
export function reasonOf(error: string): string {
  return excerpt(error, MAX_REASON);
}
