// The store contract: any sequence of operations has the same results, and leaves the same behind, as in memory.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ALL_GROUPS, bucketOf } from '../../lib/digest.ts';
import { memoryStore } from '../../lib/store/memory/store.ts';
import type { Change, Store } from '../../lib/store/store.ts';
import { WHOLE } from '../support/property.ts';
import { change, EPOCH, type Fixture, IN_FLIGHT, NOW } from './fixture.ts';

const KEYS = ['a', 'b', 'é', '😀'];
/** The time within which operations and expiry happen, in milliseconds. */
const SPAN = 12;

interface Operation {
  readonly name: string;
  /** What is shown when a sequence fails. */
  readonly input: object;
  act(store: Store): Promise<unknown>;
}

const key = fc.constantFrom(...KEYS);
const value = fc.option(fc.constantFrom('1', '"two"', 'null'), { nil: undefined });
const time = fc.integer({ min: NOW, max: NOW + SPAN });
const expiry = fc.option(time, { nil: undefined });
const stamp = fc.record({ epoch: fc.integer({ min: EPOCH, max: EPOCH + 1 }), version: fc.integer({ min: 1, max: 6 }) });
const condition = fc.option(
  fc.oneof(
    fc.record({ ifMatch: fc.oneof(fc.constant('*' as const), fc.array(stamp, { maxLength: 2 })) }),
    fc.record({ ifNoneMatch: fc.oneof(fc.constant('*' as const), fc.array(stamp, { maxLength: 2 })) }),
  ),
  { nil: undefined },
);

const write = fc
  .record({ key, value, expiresAt: expiry, now: time, epoch: stamp.map(({ epoch }) => epoch), condition })
  .map(({ key, value, expiresAt, now, epoch, condition }): Operation => {
    const more: Partial<Change> = {
      ...(value !== undefined && expiresAt !== undefined && { expiresAt }),
      ...(condition && { condition }),
      epoch,
      now,
      inFlightUntil: IN_FLIGHT,
    };
    const input = change(key, value, more);
    return { name: 'write', input, act: (store) => store.write(input) };
  });

/** Older than any stamp. */
const base = fc.option(
  stamp.map(({ epoch, version }) => ({ epoch: epoch - 2, version })),
  { nil: undefined },
);

const apply = fc
  .record({ key, stamp, base, value, expiresAt: expiry, updatedAt: time, isAcknowledged: fc.boolean() })
  .map(({ key, stamp, base, value, expiresAt, updatedAt, isAcknowledged }): Operation => {
    const content = value !== undefined && { value, ...(expiresAt !== undefined && { expiresAt }) };
    const record = { key, ...stamp, updatedAt, ...content, ...(base && { base }) };
    const replication = isAcknowledged ? ({ status: 'replicated', attempts: [] } as const) : undefined;
    return { name: 'apply', input: { record, replication }, act: (store) => store.apply(record, replication) };
  });

const settle = fc
  .record({ key, outcome: fc.constantFrom('applied', 'same', 'failed'), at: time, isLate: fc.boolean() })
  .map(({ key, outcome, at, isLate }): Operation => {
    const attempt = { at, durationMs: 1, outcome, ...(outcome === 'failed' && { error: 'refused' }) };
    const act = async (store: Store) => {
      const entry = await store.get(key);
      if (!entry) return;
      const record = { ...entry.record, version: entry.record.version - (isLate ? 1 : 0) };
      await store.settle(record, attempt, ...(outcome === 'failed' ? [NOW + 100] : []));
    };
    return { name: 'settle', input: { key, attempt, isLate }, act };
  });

const byKey = (a: { key: string }, b: { key: string }) => (a.key < b.key ? -1 : 1);

/** All that a store shows from outside, but for what engines differ in: the order of writes of the same time. */
async function contentsOf(f: Fixture, store: Store): Promise<object> {
  const times = [NOW, NOW + SPAN / 2, NOW + SPAN + 1];
  const backlog: string[] = [];
  await f.pages(async (cursor) => {
    const page = await store.backlog({ limit: 2, ...(cursor !== undefined && { cursor }) });
    backlog.push(...page.entries.map(({ record }) => `${record.updatedAt} ${record.key}`));
    return page;
  });
  return {
    entries: await Promise.all(KEYS.map((each) => store.get(each))),
    counts: await Promise.all(times.map((now) => store.count(now))),
    lists: await Promise.all(
      times.map((now) =>
        f.pages((cursor) => store.list({ prefix: '', limit: 2, now, ...(cursor !== undefined && { cursor }) })),
      ),
    ),
    heads: (await store.headsIn(KEYS.map(bucketOf))).heads.toSorted(byKey),
    digests: [...(await store.digests(ALL_GROUPS)).entries()].filter(([, digest]) => digest !== 0n),
    backlogTimes: backlog.map((each) => each.split(' ')[0]),
    backlog: backlog.toSorted(),
    backlogSize: await store.backlogSize(),
  };
}

export function modelContract(f: Fixture): void {
  test('any sequence of operations does as it does in memory', async () => {
    const sequence = fc.array(fc.oneof({ arbitrary: write, weight: 3 }, apply, settle), {
      minLength: 5,
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(sequence, async (operations) => {
        const model = memoryStore(1024 * 1024 * 1024);
        const store = await f.create();
        for (const { act } of operations) expect(await act(store)).toEqual(await act(model));
        const expected = await contentsOf(f, model);
        await f.eventually(async () => expect(await contentsOf(f, store)).toEqual(expected));
      }),
      { ...f.runs, ...WHOLE },
    );
  });
}
