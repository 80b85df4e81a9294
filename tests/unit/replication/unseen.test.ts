// A record that arrives where a newer one is, which had not seen it: of when the replica was the primary.
import { expect, test } from '@jest/globals';
import { createReplica } from '../../../lib/replication/replica.ts';
import { memoryStore } from '../../../lib/store/memory/store.ts';
import { recordOf, WRITER } from '../../support/records.ts';
import { admitAsReplica, START, TestClock } from '../../support/replication.ts';

const OTHER = '00000000000000bb';

async function answerOf(held: ReturnType<typeof recordOf>) {
  const store = memoryStore(1e9);
  const log = { warn() {}, error() {} };
  const replica = createReplica({ store, clock: new TestClock(), log, admit: admitAsReplica(store) });
  await store.apply(held);
  const { answers } = await replica.apply({ from: 'p', to: store.id, epoch: START + 9, records: [recordOf('k', 1)] });
  return { answers, listed: await store.divergentCount() };
}

test('P2 is not acknowledged, and listed', async () => {
  expect(await answerOf(recordOf('k', 1, { epoch: START + 5, writer: OTHER }))).toEqual({
    answers: [{ outcome: 'failed', error: expect.stringContaining('had not seen this one') }],
    listed: 1,
  });
});

test('P2 is acknowledged where the newer one had seen it', async () => {
  const base = { epoch: START, version: 1 };
  for (const held of [
    recordOf('k', 2, { epoch: START + 5, writer: OTHER, base }),
    recordOf('k', 2, { writer: WRITER }),
  ]) {
    expect(await answerOf(held)).toEqual({ answers: [{ outcome: 'superseded' }], listed: 0 });
  }
});
