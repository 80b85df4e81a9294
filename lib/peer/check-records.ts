// Checks the records of a message one by one: one that is wrong is left out, and holds up none of the others.
import * as v from 'valibot';
import type { StoredRecord } from '../record.ts';
import {
  answerOf,
  type Batch,
  pageOf,
  type RecordAnswer,
  recordPageOf,
  StampOnPage,
  UncheckedBatchSchema,
  UncheckedRecords,
  WireRecord,
} from './wire.ts';

/** A batch without the records that are wrong, and for each record that was sent why it was left out, if it was. */
export interface CheckedBatch {
  readonly batch: Batch;
  readonly refusals: readonly (string | undefined)[];
}

/** @returns the first issue, where the batch as a whole is wrong */
export function checkBatch(content: unknown): CheckedBatch | v.BaseIssue<unknown> {
  const result = v.safeParse(UncheckedBatchSchema, content);
  if (!result.success) return result.issues[0];
  const { epoch } = result.output;
  const checked = result.output.records.map((record) => checkRecord(record, epoch));
  const records = checked.flatMap(({ record }) => record ?? []);
  return { batch: { ...result.output, records }, refusals: checked.map(({ refusal }) => refusal) };
}

/** @param epoch of the primary that sends or asks: no record is of a later one */
function checkRecord(content: unknown, epoch: number): { record?: StoredRecord; refusal?: string } {
  const result = v.safeParse(WireRecord, content);
  if (!result.success) {
    const [issue] = result.issues;
    return { refusal: `${v.getDotPath(issue) ?? 'the record'}: ${issue.message}` };
  }
  if (result.output.epoch > epoch) return { refusal: 'epoch: is later than that of the primary' };
  return { record: result.output };
}

/** The answers to all records of a batch, from those to the records that were not refused before. */
export function withRefusals(
  answers: readonly RecordAnswer[],
  refusals: readonly (string | undefined)[],
): RecordAnswer[] {
  const rest = answers.values();
  return refusals.map((error): RecordAnswer => {
    if (error !== undefined) return { outcome: 'failed', error };
    return rest.next().value ?? { outcome: 'failed', error: 'no answer' };
  });
}

/** A page of which each stamp is checked alone, and how many were wrong. */
export const CheckedPageSchema = v.pipe(
  pageOf(v.array(v.unknown())),
  v.transform(({ stamps, ...page }) => {
    const good = stamps.flatMap((stamp) => {
      const result = v.safeParse(StampOnPage, stamp);
      return result.success ? [result.output] : [];
    });
    return { ...page, stamps: good, refused: stamps.length - good.length };
  }),
);

/** Records of which each is checked alone, and how many were wrong. @param epoch of the primary that asks */
export const checkedRecordsSchema = (epoch: number) =>
  v.pipe(
    answerOf(UncheckedRecords),
    v.transform(({ records, asked }) => ({ asked, ...goodRecords(records, epoch) })),
  );

/** A page of records of which each is checked alone, and how many were wrong. @param epoch of the primary that asks */
export const checkedRecordPageSchema = (epoch: number) =>
  v.pipe(
    recordPageOf(UncheckedRecords),
    v.transform(({ records, ...page }) => ({ ...page, ...goodRecords(records, epoch) })),
  );

function goodRecords(sent: readonly unknown[], epoch: number): { records: StoredRecord[]; refused: number } {
  const records = sent.flatMap((record) => checkRecord(record, epoch).record ?? []);
  return { records, refused: sent.length - records.length };
}
