// The promotions of one process: which of them join each other.
import { beforeEach, expect, test } from '@jest/globals';
import type { Promotion } from '../../../lib/replication/pair-node.ts';
import { Promotions } from '../../../lib/replication/promotions.ts';
import { START } from '../../support/replication.ts';

const DONE: Promotion = { mode: 'switchover', epoch: START, atRisk: 0 };

let begun: { readonly force: boolean; readonly result: PromiseWithResolvers<Promotion> }[];
let promotions: Promotions;
beforeEach(() => {
  begun = [];
  promotions = new Promotions((force) => {
    const result = Promise.withResolvers<Promotion>();
    begun.push({ force, result });
    return result.promise;
  });
});

const forced = () => begun.map(({ force }) => force);
const turn = () => new Promise(setImmediate);

test.each([
  [false, false],
  [true, true],
  [true, false],
])('one joins the one under way, which does as much; by force: %p, %p', async (force, forceToo) => {
  expect(promotions.isUnderWay).toBe(false);
  const both = [promotions.run(force), promotions.run(forceToo)];
  expect(promotions.isUnderWay).toBe(true);
  await turn();
  begun[0]?.result.resolve(DONE);
  expect(await Promise.all(both)).toEqual([DONE, DONE]);
  expect([forced(), promotions.isUnderWay]).toEqual([[force], false]);
});

test.each(['done', 'failed'])('one by force waits for one that is not, and is done after it: %s', async (how) => {
  const first = promotions.run(false).catch((error: Error) => error.message);
  const others = [promotions.run(true), promotions.run(true)];
  await turn();
  expect(forced()).toEqual([false]);
  if (how === 'done') begun[0]?.result.resolve(DONE);
  else begun[0]?.result.reject(new Error('failed'));
  expect(await first).toEqual(how === 'done' ? DONE : 'failed');
  await turn();
  expect(forced()).toEqual([false, true]);
  begun[1]?.result.resolve({ ...DONE, mode: 'failover' });
  for (const other of await Promise.all(others)) expect(other.mode).toBe('failover');
  expect(promotions.isUnderWay).toBe(false);
});

test('one that failed holds no other one up, and fails for all that have joined it', async () => {
  const both = Promise.allSettled([promotions.run(false), promotions.run(false)]);
  begun[0]?.result.reject(new Error('failed'));
  expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  const next = promotions.run(false);
  begun[1]?.result.resolve(DONE);
  expect(await next).toEqual(DONE);
});
