// What the answer to a write measures.
import { expect, test } from '@jest/globals';
import { writeAnswer } from '../../../lib/http/write-answer.ts';

test('the lag of a write is not negative, even where the clock was put back', () => {
  const record = { key: 'k', value: '1', epoch: 1, version: 1, updatedAt: 1000 };
  const written = { record, created: true, isRepeat: false, delivery: { replicated: true } } as const;
  const lagAt = (now: number) => writeAnswer(written, { now }).metrics?.ReplicationLag;
  expect([lagAt(1004), lagAt(1000), lagAt(900)]).toEqual([4, 0, 0]);
});
