// What the other node asks of this one's contents: digests, stamps or records.
import * as v from 'valibot';
import { BUCKETS, GROUPS } from '../digest.ts';
import { TandemError } from '../errors.ts';
import { MAX_BATCH_RECORDS, MAX_PEER_BODY_BYTES } from '../limits.ts';
import type { Contents } from '../replication/contents.ts';
import { parseJson } from './json.ts';
import { type Event, jsonTextOf } from './request.ts';

const index = (count: number) => v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(count - 1));
const epoch = v.exactOptional(v.pipe(v.number(), v.safeInteger(), v.minValue(1)));

export const QuestionSchema = v.union([
  v.strictObject({
    epoch,
    buckets: v.pipe(v.array(index(BUCKETS)), v.maxLength(BUCKETS)),
    cursor: v.exactOptional(v.pipe(v.string(), v.maxLength(1100), v.regex(/^\d{1,9} ./s))),
  }),
  v.strictObject({ epoch, keys: v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(MAX_BATCH_RECORDS)) }),
  v.strictObject({ epoch, groups: v.exactOptional(v.pipe(v.array(index(GROUPS)), v.maxLength(GROUPS))) }),
]);

/**
 * Answers `{}` or `{groups}` with digests, `{buckets, cursor}` with stamps, `{keys}` with records.
 * @returns the body of the answer
 * @throws TandemError `invalid_json`, `value_too_large`, `invalid_body`, `stale_epoch`
 */
export async function answerDigest(event: Event, contents: Contents): Promise<unknown> {
  const text = event.body == null ? '{}' : jsonTextOf(event, MAX_PEER_BODY_BYTES);
  const result = v.safeParse(QuestionSchema, parseJson(text));
  if (!result.success) {
    throw new TandemError('invalid_body', 'Ask for groups, for buckets with a cursor, or for keys; or for nothing.');
  }
  const question = result.output;
  if ('buckets' in question) return contents.stamps(question);
  if ('keys' in question) return contents.records(question);
  const { id, highestEpoch, sums } = await contents.digest(question);
  return { id, highestEpoch, sums: sums.map((sum) => sum.toString(16)) };
}
