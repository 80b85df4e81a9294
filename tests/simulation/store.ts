// The real in-memory store, each operation of which takes a moment in which its process may die. Every change is
// shown to the checks.

import { clientKey, isDivergentKey } from '../../lib/divergent.ts';
import { memoryStore } from '../../lib/store/memory/store.ts';
import type { Entry, Store } from '../../lib/store/store.ts';
import { type Change, type Checks, name } from './checks.ts';
import { Follower } from './follower.ts';
import type { Process } from './process.ts';

export function simulatedStore(process: Process, checks: Checks): Store {
  const store = memoryStore(1e9);
  const { random } = process.world;
  const follower = new Follower(process.name, store, process.world);
  process.follower = follower;
  let last: Promise<unknown> = Promise.resolve();

  async function take<T>(act: () => Promise<T>): Promise<T> {
    await process.pause(random.int(0, 2));
    const result = await act();
    if (random.chance(0.2)) await process.pause(random.int(0, 2));
    return result;
  }

  /** One change after the other, so that what was there before and after is known exactly. */
  function change<T>(what: Change, key: string, act: () => Promise<T>): Promise<T> {
    return take(() => {
      const turn = last.then(async () => {
        const listed = await listedOf(key);
        const dismissed = await dismissedOf(key);
        const before = await store.get(key);
        const result = await act();
        checks.changed(process, what, key, before, await store.get(key));
        for (const entry of await listedOf(key)) if (!listed.includes(entry)) checks.listed(process, entry);
        for (const entry of listed) {
          const after = await store.get(entry.record.key);
          if (after?.record.value === undefined) checks.changed(process, 'write', entry.record.key, entry, after);
        }
        // One may be listed, and found to have been seen, in one step.
        const known = new Set([...listed, ...dismissed].map(({ record }) => record.key));
        for (const entry of await dismissedOf(key)) {
          if (entry.record.key !== key && !known.has(entry.record.key))
            checks.changed(process, 'apply', entry.record.key, undefined, entry);
        }
        await follower.changed();
        return result;
      });
      last = turn.catch(() => {});
      return turn;
    });
  }

  /** What of the backlog takes writes of a key off the list. */
  async function dismissedOf(key: string): Promise<readonly Entry[]> {
    const { count } = await store.backlogSize();
    if (count === 0) return [];
    // No more than there is: what a page costs bounds how many there are in one turn.
    const { entries } = await store.backlog({ limit: count });
    return entries.filter(
      ({ record }) =>
        isDivergentKey(record.key) && record.value === undefined && clientKey(record.key) === clientKey(key),
    );
  }

  /** The writes of a key that are listed as divergent. */
  async function listedOf(key: string): Promise<readonly Entry[]> {
    return (await store.divergent({ key, limit: 1000 })).entries;
  }

  return {
    kind: 'simulated',
    id: process.name,
    highestEpoch: () => take(() => store.highestEpoch()),
    raiseEpoch: (epoch, by, after) =>
      take(() => {
        checks.raisedEpoch(epoch);
        if (by === process.name) checks.leads(process, epoch);
        return store.raiseEpoch(epoch, by, after);
      }),
    isComplete: () => take(() => store.isComplete()),
    completed: () =>
      take(async () => {
        if (!(await store.isComplete())) checks.completed(process);
        return store.completed();
      }),
    roleState: () => take(() => store.roleState()),
    setRoleState: (state, revision) => take(() => store.setRoleState(state, revision)),
    get: (key) => take(() => store.get(key)),
    write: (wanted) =>
      change('write', wanted.key, async () => {
        const result = await store.write(wanted);
        if (result.outcome === 'written') {
          process.decidedAt.set(name(wanted.key, result.entry.record), wanted.now);
        }
        return result;
      }),
    apply: (record, replication, epoch) => change('apply', record.key, () => store.apply(record, replication, epoch)),
    settle: (record, attempt, nextAttemptAt) =>
      change('settle', record.key, () => store.settle(record, attempt, nextAttemptAt)),
    forget: (which) =>
      take(() => {
        const turn = last.then(async () => {
          const before = new Map(process.held);
          const count = await store.forget(which);
          for (const [key, entry] of before) checks.changed(process, 'forget', key, entry, await store.get(key));
          await follower.changed();
          return count;
        });
        last = turn.catch(() => {});
        return turn;
      }),
    list: (query) => take(() => store.list(query)),
    count: (now) => take(() => store.count(now)),
    backlog: (query) => take(() => store.backlog(query)),
    divergent: (query) => take(() => store.divergent(query)),
    divergentCount: () => take(() => store.divergentCount()),
    isBacklogCounted: store.isBacklogCounted,
    backlogSize: () => take(() => store.backlogSize()),
    groupSums: () => take(() => store.groupSums()),
    digests: (groups) => take(() => store.digests(groups)),
    headsIn: (buckets, cursor) => take(() => store.headsIn(buckets, cursor)),
  };
}
