// Records as rows, and back.
import type { SQLInputValue } from 'node:sqlite';
import { divergentKey, divergentWrite, isDivergentKey } from '../../divergent.ts';
import { deadAt, type RememberedWrite, type StoredRecord } from '../../record.ts';
import { isAcknowledged } from '../replication-state.ts';
import type { Attempt, Entry, EntryHead, Replication, ReplicationStatus } from '../store.ts';
import type { Row } from './query.ts';

/** Where a record is: the key of a client, and the stamp of the write that it lists. `listed` is '' for the record of the key. */
export interface Place {
  readonly key: string;
  readonly listed: string;
}

/** SQLite keeps text as UTF-8, which the key of a divergent write is not. */
export function placeOf(key: string): Place {
  const write = divergentWrite(key);
  return write ? { key: write.key, listed: `${write.epoch} ${write.version}` } : { key, listed: '' };
}

/** The key of the record at a place. */
function keyAt(key: string, listed: string): string {
  if (listed === '') return key;
  const [epoch, version] = listed.split(' ');
  return divergentKey({ key, epoch: Number(epoch), version: Number(version) });
}

/** The columns that are read, in the order in which rows have them: first those of a head, last the value. */
const COLUMNS = [
  ...(['key', 'listed', 'epoch', 'version', 'updated_at', 'dead_at', 'status', 'expires_at', 'id'] as const),
  ...(['bucket', 'shown', 'place', 'base_epoch', 'base_version', 'own_since', 'writer', 'remembered'] as const),
  ...(['replicated_at', 'next_attempt_at', 'attempts', 'earlier_attempts', 'value'] as const),
] as const;
type Column = (typeof COLUMNS)[number];

const AT = Object.fromEntries(COLUMNS.map((column, i) => [column, i])) as Readonly<Record<Column, number>>;

export const HEAD_COLUMNS = COLUMNS.slice(0, AT.id + 1).join(', ');
export const ENTRY_COLUMNS = COLUMNS.join(', ');
/** Of a value only whether there is one: it may be long. */
export const COLUMNS_WITHOUT_VALUE = [...COLUMNS.slice(0, AT.value), 'substr(value, 1, 1) AS value'].join(', ');

/** What a listing shows of a record: see schema.ts. */
export const SHOWN = { not: 0, live: 1, divergent: 2, expired: 3 } as const;

/** Of a record that has just been put. */
export function shownOf({ key, value }: StoredRecord): number {
  if (value === undefined) return SHOWN.not;
  return isDivergentKey(key) ? SHOWN.divergent : SHOWN.live;
}

/** Their numbers are their places, from 1 on. */
const STATUSES: readonly ReplicationStatus[] = ['pending', 'replication_failed', 'replicated'];

/** Whether a record with this state is in the backlog. */
export function isOwed(replication: Replication | undefined): boolean {
  return !isAcknowledged(replication);
}

/** The columns that a new record sets, in the order of their values. */
export const RECORD_SET: readonly Column[] = [
  ...(['epoch', 'version', 'updated_at', 'base_epoch', 'base_version', 'own_since', 'writer'] as const),
  ...(['remembered', 'value'] as const),
];

export function recordValues(record: StoredRecord): SQLInputValue[] {
  const { epoch, version, updatedAt, base, ownSince, writer, remembered, value } = record;
  const lineage = [base?.epoch ?? null, base?.version ?? null, ownSince ?? null, writer ?? null];
  return [epoch, version, updatedAt, ...lineage, remembered ? JSON.stringify(remembered) : null, value ?? null];
}

/** The columns of when a record is shown, and until when. */
export const TIME_SET: readonly Column[] = ['expires_at', 'dead_at', 'shown'];

export function timeValues(record: StoredRecord): SQLInputValue[] {
  return [record.expiresAt ?? null, deadAt(record) ?? null, shownOf(record)];
}

/** The columns of the state of a copy. */
export const STATE_SET: readonly Column[] = [
  ...(['status', 'replicated_at', 'next_attempt_at', 'attempts', 'earlier_attempts'] as const),
];

export function stateValues(replication: Replication | undefined): SQLInputValue[] {
  if (!replication) return [null, null, null, null, null];
  const { status, replicatedAt, nextAttemptAt, attempts, earlierAttempts } = replication;
  return [
    STATUSES.indexOf(status) + 1,
    replicatedAt ?? null,
    nextAttemptAt ?? null,
    attempts.length > 0 ? JSON.stringify(attempts) : null,
    earlierAttempts ?? null,
  ];
}

/** @throws Error when a column has what Tandem cannot have written */
export function entryOf(row: Row): Entry {
  const record = recordOf(row);
  return row[AT.status] === null ? { record } : { record, replication: replicationOf(row) };
}

export function recordOf(row: Row): StoredRecord {
  return {
    key: keyIn(row),
    epoch: numberIn(row, 'epoch'),
    version: numberIn(row, 'version'),
    updatedAt: numberIn(row, 'updated_at'),
    ...(row[AT.value] !== null && { value: textIn(row, 'value') }),
    ...(row[AT.expires_at] !== null && { expiresAt: numberIn(row, 'expires_at') }),
    ...(row[AT.base_epoch] !== null && { base: baseIn(row) }),
    ...(row[AT.own_since] !== null && { ownSince: numberIn(row, 'own_since') }),
    ...(row[AT.writer] !== null && { writer: textIn(row, 'writer') }),
    ...(row[AT.remembered] !== null && { remembered: listIn<RememberedWrite>(row, 'remembered') }),
  };
}

const baseIn = (row: Row) => ({ epoch: numberIn(row, 'base_epoch'), version: numberIn(row, 'base_version') });

function replicationOf(row: Row): Replication {
  return {
    status: statusIn(row),
    attempts: row[AT.attempts] === null ? [] : listIn<Attempt>(row, 'attempts'),
    ...(row[AT.replicated_at] !== null && { replicatedAt: numberIn(row, 'replicated_at') }),
    ...(row[AT.next_attempt_at] !== null && { nextAttemptAt: numberIn(row, 'next_attempt_at') }),
    ...(row[AT.earlier_attempts] !== null && { earlierAttempts: numberIn(row, 'earlier_attempts') }),
  };
}

/** As Tandem has written it: it is read along with each record, and checking its members costs more than reading it. */
function listIn<T>(row: Row, column: 'attempts' | 'remembered'): readonly T[] {
  const list = JSON.parse(textIn(row, column));
  if (!Array.isArray(list)) throw wrongRow(column);
  return list;
}

export function headOf(row: Row): EntryHead {
  return {
    key: keyIn(row),
    epoch: numberIn(row, 'epoch'),
    version: numberIn(row, 'version'),
    updatedAt: numberIn(row, 'updated_at'),
    ...(row[AT.dead_at] !== null && { deadAt: numberIn(row, 'dead_at') }),
    ...(row[AT.status] !== null && { status: statusIn(row) }),
  };
}

/** Whether a row has expired by `now`, in milliseconds. */
export function hasExpired(row: Row, now: number): boolean {
  return row[AT.expires_at] !== null && numberIn(row, 'expires_at') <= now;
}

/** The place of a row in the feed; 0: it is in none. */
export function placeIn(row: Row): number {
  return row[AT.place] === null ? 0 : numberIn(row, 'place');
}

function keyIn(row: Row): string {
  return keyAt(textIn(row, 'key'), textIn(row, 'listed'));
}

function statusIn(row: Row): ReplicationStatus {
  const status = STATUSES[numberIn(row, 'status') - 1];
  if (status === undefined) throw wrongRow('status');
  return status;
}

export function numberIn(row: Row, column: Column): number {
  const value = row[AT[column]];
  if (typeof value !== 'number') throw wrongRow(column);
  return value;
}

export function textIn(row: Row, column: Column): string {
  const value = row[AT[column]];
  if (typeof value !== 'string') throw wrongRow(column);
  return value;
}

/** The message names no key: it may be logged. */
function wrongRow(column: Column): Error {
  return new Error(`A row of the data file is none of Tandem's: its ${column} is missing or has another type.`);
}
