// Checks the records of a message one by one: one that is wrong is left out, and holds up none of the others.
import { setImmediate as nextTurn } from 'node:timers/promises';
import * as v from 'valibot';
import { fieldOf, reasonOf } from '../issue.ts';
import { MAX_PAGE_HEADS, MAX_VALUE_BYTES } from '../limits.ts';
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
export async function checkBatch(content: unknown): Promise<CheckedBatch | v.BaseIssue<unknown>> {
  const result = v.safeParse(UncheckedBatchSchema, content, { abortEarly: true });
  if (!result.success) return result.issues[0];
  const checked = await checkRecords(result.output.records, result.output.epoch);
  const records = checked.flatMap(({ record }) => record ?? []);
  return { batch: { ...result.output, records }, refusals: checked.map(({ refusal }) => refusal) };
}

interface Checked {
  readonly record?: StoredRecord;
  readonly refusal?: string;
}

/** Many long values in several turns of the event loop: one at its limit can take 50 ms, and a message has room for 20. */
async function checkRecords(sent: readonly unknown[], epoch: number): Promise<Checked[]> {
  const checked: Checked[] = [];
  // Of this turn, in which the message has been read, too.
  let length = sent.reduce<number>((sum, record) => sum + valueLength(record), 0);
  for (const record of sent) {
    length += valueLength(record);
    if (length > MAX_VALUE_BYTES) {
      await nextTurn();
      length = valueLength(record);
    }
    checked.push(checkRecord(record, epoch));
  }
  return checked;
}

function valueLength(record: unknown): number {
  const isObject = typeof record === 'object' && record !== null;
  return isObject && 'value' in record && typeof record.value === 'string' ? record.value.length : 0;
}

/** @param epoch of the primary that sends or asks: no record is of a later one */
function checkRecord(content: unknown, epoch: number): Checked {
  const result = v.safeParse(WireRecord, content, { abortEarly: true });
  if (!result.success) {
    const [issue] = result.issues;
    return { refusal: `${fieldOf(issue, 'the record')}: ${reasonOf(issue)}` };
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
  pageOf(v.pipe(v.array(v.unknown()), v.maxLength(MAX_PAGE_HEADS))),
  v.transform(({ stamps, ...page }) => {
    const good = stamps.flatMap((stamp) => {
      const result = v.safeParse(StampOnPage, stamp, { abortEarly: true });
      return result.success ? [result.output] : [];
    });
    return { ...page, stamps: good, refused: stamps.length - good.length };
  }),
);

/** Records of an answer, each of which is still to be checked alone. */
export const UncheckedAnswerSchema = answerOf(UncheckedRecords);
export const UncheckedPageSchema = recordPageOf(UncheckedRecords);

/** The good ones of the records of an answer, and how many were wrong. @param epoch of the primary that asks */
export async function goodRecords(
  sent: readonly unknown[],
  epoch = Number.POSITIVE_INFINITY,
): Promise<{ records: StoredRecord[]; refused: number }> {
  const records = (await checkRecords(sent, epoch)).flatMap(({ record }) => record ?? []);
  return { records, refused: sent.length - records.length };
}
