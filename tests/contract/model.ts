// The store contract: any sequence of operations has the same results, and leaves the same behind, as in memory.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ALL_GROUPS, bucketOf } from '../../lib/digest.ts';
import { clientKey, divergentKey, isDivergentKey } from '../../lib/divergent.ts';
import { writerOf } from '../../lib/store/base.ts';
import { memoryStore } from '../../lib/store/memory/store.ts';
import { ACKNOWLEDGED } from '../../lib/store/replication-state.ts';
import type { Store } from '../../lib/store/store.ts';
import { WHOLE } from '../support/property.ts';
import { change, EPOCH, type Fixture, IN_FLIGHT, NOW, OTHER } from './fixture.ts';

const KEYS = ['a', 'b', 'é', '😀'];
const OWN = 'these contents';
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
    const more = {
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
const writer = fc.constantFrom(OWN, OTHER, '0000000000000ade', undefined);
/** Sometimes under the key of a divergent write. */
const recordKey = fc.tuple(key, fc.option(stamp, { freq: 3, nil: undefined })).map(([key, stamp]) => {
  return stamp ? divergentKey({ key, ...stamp }) : key;
});

const apply = fc
  .record({
    key: recordKey,
    stamp,
    base,
    writer,
    value,
    expiresAt: expiry,
    updatedAt: time,
    replication: fc.constantFrom(undefined, ACKNOWLEDGED),
  })
  .map(({ key, stamp, base, writer, value, expiresAt, updatedAt, replication }): Operation => {
    // What is listed does not expire.
    const expiry = expiresAt !== undefined && !isDivergentKey(key) && { expiresAt };
    const content = value !== undefined && { value, ...expiry };
    const record = { key, ...stamp, updatedAt, ...content, ...(base && { base }) };
    const act = async (store: Store) => {
      // What is listed of a key that is not there is for divergent-seen.ts.
      if (isDivergentKey(key) && (await store.get(clientKey(key))) === undefined) return undefined;
      const by = writer === OWN ? writerOf(store.id) : writer;
      return store.apply({ ...record, ...(by !== undefined && { writer: by }) }, replication);
    };
    return { name: 'apply', input: { ...record, writer, replication }, act };
  });

/** What the store holds comes back from the other node. */
const applySame = recordKey.map((key): Operation => {
  const act = async (store: Store) => {
    const entry = await store.get(key);
    return entry && store.apply(entry.record);
  };
  return { name: 'apply the same', input: { key }, act };
});

/** As an operator does. */
const acknowledge = fc.record({ nth: fc.nat(9), now: time }).map((input): Operation => {
  const act = async (store: Store) => {
    const listed = (await store.divergent({ limit: 100 })).entries.map(({ record }) => record.key).sort();
    const key = listed[input.nth % listed.length];
    return key === undefined ? undefined : store.write(change(key, undefined, { epoch: EPOCH + 1, now: input.now }));
  };
  return { name: 'acknowledge', input, act };
});

const settle = fc
  .record({ key: recordKey, outcome: fc.constantFrom('applied', 'same', 'failed'), at: time, isLate: fc.boolean() })
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

/** What the contents of a store are called where it does not matter what they are. */
function withoutName<T>(store: Store, found: T): T {
  return JSON.parse(JSON.stringify(found ?? null).replaceAll(writerOf(store.id), OWN));
}

/** All that a store shows from outside, but for what engines differ in: the order of writes of the same time. */
async function contentsOf(f: Fixture, store: Store): Promise<object> {
  const times = [NOW, NOW + SPAN / 2, NOW + SPAN + 1];
  const backlog: string[] = [];
  await f.pages(async (cursor) => {
    const page = await store.backlog({ limit: 2, ...(cursor !== undefined && { cursor }) });
    backlog.push(...page.entries.map(({ record }) => `${record.updatedAt} ${record.key}`));
    return page;
  });
  const heads = (await store.headsIn(KEYS.map(bucketOf))).heads.toSorted(byKey);
  const listed = await f.pages((cursor) => store.divergent({ limit: 2, ...(cursor !== undefined && { cursor }) }));
  return {
    entries: withoutName(store, await Promise.all(heads.map((head) => store.get(head.key)))),
    listed: listed.flat().sort(),
    listedOfKey: await Promise.all(
      KEYS.map(async (key) =>
        (await store.divergent({ key, limit: 9 })).entries.map(({ record }) => record.key).sort(),
      ),
    ),
    listedCount: await store.divergentCount(),
    counts: await Promise.all(times.map((now) => store.count(now))),
    lists: await Promise.all(
      times.map((now) =>
        f.pages((cursor) => store.list({ prefix: '', limit: 2, now, ...(cursor !== undefined && { cursor }) })),
      ),
    ),
    heads,
    digests: [...(await store.digests(ALL_GROUPS)).entries()].filter(([, digest]) => digest !== 0n),
    backlogTimes: backlog.map((each) => each.split(' ')[0]),
    backlog: backlog.toSorted(),
    backlogSize: await store.backlogSize(),
  };
}

export function modelContract(f: Fixture): void {
  test('any sequence of operations does as it does in memory', async () => {
    const operation = fc.oneof(
      { arbitrary: write, weight: 4 },
      { arbitrary: apply, weight: 3 },
      settle,
      applySame,
      acknowledge,
    );
    const sequence = fc.array(operation, {
      minLength: 5,
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(sequence, async (operations) => {
        const model = memoryStore(1024 * 1024 * 1024);
        const store = await f.create();
        for (const { act } of operations)
          expect(withoutName(store, await act(store))).toEqual(withoutName(model, await act(model)));
        const expected = await contentsOf(f, model);
        await f.eventually(async () => expect(await contentsOf(f, store)).toEqual(expected));
      }),
      { ...f.runs, ...WHOLE },
    );
  });
}
