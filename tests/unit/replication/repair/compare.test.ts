// A comparison with a peer whose lists do not end; on a clock that goes by what it is asked.
import { beforeEach, expect, test } from '@jest/globals';
import type { KeyStamp } from '../../../../lib/peer/wire.ts';
import { REPLICATED, recordOf } from '../../../support/records.ts';
import { START, type TestPrimary, testPrimary } from '../../../support/replication.ts';

const ENDLESS = 'replica gave a malformed answer: its list of keys does not end';

let node: TestPrimary;
let pages: number;
beforeEach(async () => {
  node = testPrimary();
  pages = 0;
  await node.store.apply(recordOf('differs', 1), REPLICATED);
});

/** @param stampsOf what is on a page, by its number @param takesMs how long it takes */
function answerEndlessly(stampsOf: (page: number) => KeyStamp[], takesMs: number): void {
  node.peer.stamps = async () => {
    node.clock.time += takesMs;
    return { stamps: stampsOf(pages++), cursor: `1 ${pages}` };
  };
}

const manyStamps = (page: number) =>
  Array.from({ length: 50_000 }, (_, i) => ({ key: `${page}/${i}`, epoch: START, version: 1 }));

test('P8 empty pages that go on and on are given up after 30 s', async () => {
  answerEndlessly(() => [], 100);
  expect(await node.primary.repair(10 * 60_000)).toMatchObject({ stoppedBy: ENDLESS, pulled: 0 });
  expect(pages).toBe(301);
});

test('P8 keys that go on and on are given up after 500,000, and none of them is asked for', async () => {
  answerEndlessly(manyStamps, 0);
  let asked = 0;
  node.peer.records = async () => {
    asked++;
    return { records: [], asked: 1 };
  };
  expect(await node.primary.repair(60_000)).toMatchObject({ stoppedBy: ENDLESS, pulled: 0 });
  expect([pages, asked]).toEqual([11, 0]);
});

test('P8 the deadline of the repair ends them sooner, and the next one goes on', async () => {
  answerEndlessly(() => [], 100);
  const report = await node.primary.repair(5000);
  expect(report).toMatchObject({ stoppedBy: 'time is up; the next repair goes on', pulled: 0 });
  expect(pages).toBe(50);
});

test('P4 after such a peer the comparison is owed, and made once it tells the truth', async () => {
  const { stamps } = node.peer;
  answerEndlessly(() => [], 100);
  await node.primary.repair(60_000);
  expect(node.primary.replicaFacts).toMatchObject({ owesComparison: true, error: ENDLESS });
  node.peer.stamps = stamps;
  expect(await node.primary.repair(60_000)).toMatchObject({ pushed: 1 });
  expect(node.primary.replicaFacts).toMatchObject({ owesComparison: false });
  expect((await node.peer.store.get('differs'))?.record.version).toBe(1);
});
