// Writers of one key under random faults: what was answered is what happened.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dynamoDbStore } from '../../../../lib/store/dynamodb/store.ts';
import type { Change, Store, WriteResult } from '../../../../lib/store/store.ts';
import { change, copy, NOW } from '../../../contract/fixture.ts';
import { startDynamoDb, type TestDynamoDb } from '../../../support/dynamodb.ts';
import { type Disturbance, type DynamoDbProxy, startDynamoDbProxy } from '../../../support/dynamodb-proxy.ts';
import { WHOLE } from '../../../support/property.ts';
import { withoutHurry } from '../../../support/unhurried.ts';

withoutHurry();

let dynamodb: TestDynamoDb;
let proxy: DynamoDbProxy;
let store: Store;
beforeAll(async () => {
  dynamodb = await startDynamoDb();
  proxy = await startDynamoDbProxy(dynamodb.endpoint, { givesItems: true });
  const options = { ...dynamodb, endpoint: proxy.endpoint, isReplica: () => false, retentionMs: 1000 };
  store = await dynamoDbStore({ ...options, table: await dynamodb.createTable() });
});
afterAll(async () => {
  await proxy.stop();
  await dynamodb.stop();
});

let keys = 0;

test('P1 under any faults every write is done once if acknowledged, at most once if unavailable, never if refused', async () => {
  const disturbance = fc.option(
    fc.constantFrom<Disturbance>(
      'throttled',
      'failed',
      'failed_after',
      'lost_request',
      'lost_reply',
      'late',
      'truncated',
    ),
    { nil: undefined, freq: 2 },
  );
  const write = fc.record({
    after: fc.integer({ min: 0, max: 3 }),
    condition: fc.constantFrom<Change['condition']>(undefined, undefined, { ifNoneMatch: '*' }, { ifMatch: '*' }),
    deletes: fc.constantFrom(false, false, false, true),
    settles: fc.boolean(),
  });
  const run = fc.record({
    isTaken: fc.boolean(),
    updates: fc.array(disturbance, { minLength: 1, maxLength: 20 }),
    reads: fc.array(disturbance, { maxLength: 10 }),
    writers: fc.array(fc.array(write, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(run, async ({ isTaken, updates, reads, writers }) => {
      const key = `key-${keys++}`;
      // Writes in the place of a record of other contents have its stamp for their base.
      const taken = copy(key, 1);
      if (isTaken) await store.apply(taken);
      const base = isTaken ? { epoch: taken.epoch, version: taken.version } : undefined;
      const outcomes = new Map<string, WriteResult | 'unavailable'>();
      proxy.disturb('UpdateItem', ...updates);
      proxy.disturb('GetItem', ...reads);
      const from = proxy.requests.length;
      await Promise.all(
        writers.map(async (writes, w) => {
          for (const [i, { after, condition, deletes, settles }] of writes.entries()) {
            // The inFlightUntil tells one write from the other, deletions included.
            const inFlightUntil = 1000 * w + i;
            const value = deletes ? undefined : `${inFlightUntil}`;
            const more = { now: NOW + after, inFlightUntil, ...(condition && { condition }) };
            const result = await store.write(change(key, value, more)).catch(orUnavailable);
            outcomes.set(`${inFlightUntil}`, result);
            if (settles && result !== 'unavailable' && result.outcome === 'written')
              await store
                .settle(result.entry.record, { at: NOW, durationMs: 0, outcome: 'applied' })
                .catch(orUnavailable);
          }
        }),
      );
      await proxy.release();
      proxy.calm();
      const requests = proxy.requests.slice(from);

      const done = requests.filter(
        ({ body, answer }) => body.ExpressionAttributeValues?.[':writeId'] && answer?.status === 200,
      );
      const versions = new Map<string, number[]>();
      for (const { body, answer } of done) {
        const inFlightUntil = body.ExpressionAttributeValues[':nextAttemptAt'].N;
        const version = Number(answer?.body.Attributes?.version.N ?? 0) + 1;
        versions.set(inFlightUntil, [...(versions.get(inFlightUntil) ?? []), version]);
      }
      for (const [inFlightUntil, result] of outcomes) {
        const times = versions.get(inFlightUntil) ?? [];
        if (result === 'unavailable') expect(times.length).toBeLessThanOrEqual(1);
        else expect(times).toEqual(result.outcome === 'written' ? [result.entry.record.version] : []);
        if (result !== 'unavailable' && result.outcome === 'written') expect(result.entry.record.base).toEqual(base);
      }
      const all = [...versions.values()].flat().sort((a, b) => a - b);
      const before = isTaken ? 1 : 0;
      expect(all).toEqual(all.map((_, i) => before + i + 1));
      const last = [...versions].find(([, [version]]) => version === before + all.length)?.[0];
      const final = await store.get(key);
      expect(final?.record.version ?? 0).toBe(before + all.length);
      if (all.length === 0) return;
      if (final?.record.value !== undefined) expect(final.record.value).toBe(last);
      expect(final?.record.base).toEqual(base);
    }),
    { numRuns: 40, ...WHOLE },
  );
});

function orUnavailable(error: { code?: string }): 'unavailable' {
  if (error.code === 'store_unavailable') return 'unavailable';
  throw error;
}
