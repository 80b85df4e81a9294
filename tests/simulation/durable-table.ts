// A table that several processes share, as DynamoDB is: it outlives them, forgets what is long dead by itself, and
// keeps no version of what it has forgotten. Every change is checked.
import { compareStamps, deadAt, isLive, type Stamp, type StoredRecord } from '../../lib/record.ts';
import { forgetItem } from '../../lib/store/dynamodb/item.ts';
import { memoryStore } from '../../lib/store/memory/store.ts';
import type { Entry, EpochSeen, NodeState, Store } from '../../lib/store/store.ts';
import { isAtLeast, name } from './checks.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

/** What each stamp of each key stands for: there is never another. */
export type Meanings = Map<string, StoredRecord>;

export class Table {
  /** The newest stamp of each key that it has ever held. */
  readonly newest = new Map<string, Stamp>();
  readonly #store = memoryStore(1e9);
  readonly #name: string;
  readonly #world: World;
  readonly #meanings: Meanings;
  readonly #retentionMs: number;
  /** Not that of the store in memory, which takes no writes of an epoch that is over: DynamoDB does. */
  #highest: EpochSeen = { epoch: 0 };
  #own: number | undefined;
  #peerState: string | undefined;
  #lock: { readonly owner: string; readonly until: number } | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(name: string, world: World, meanings: Meanings, retentionMs: number) {
    this.#name = name;
    this.#world = world;
    this.#meanings = meanings;
    this.#retentionMs = retentionMs;
  }

  get(key: string): Promise<Entry | undefined> {
    return this.#store.get(key);
  }

  /** Forgets, perhaps, what DynamoDB may have forgotten by now: see lib/store/dynamodb/item.ts. */
  async sweep(keys: readonly string[]): Promise<void> {
    if (this.#world.random.chance(0.3)) return;
    const forgettable = [];
    for (const key of keys) {
      const record = (await this.#store.get(key))?.record;
      const forgetAt = record && Number(forgetItem(record, this.#retentionMs).forgetAt?.N ?? Number.POSITIVE_INFINITY);
      if (record && forgetAt && forgetAt * 1000 <= this.#world.now) forgettable.push(record);
    }
    const before = Math.max(0, ...forgettable.map((record) => deadAt(record) ?? 0)) + 1;
    const epoch = Math.max(0, ...forgettable.map((record) => record.epoch)) + 1;
    const count = await this.#store.forget({ before, epoch, now: this.#world.now });
    if (count > 0) this.#world.trace(() => `${this.#name} forgets ${count}`);
  }

  /** As a process sees it: every request takes a moment, in which the process may die or sleep. */
  of(process: Process, awake: () => Promise<void>): Store {
    const store = this.#store;
    const { random } = this.#world;
    const take = async <T>(act: () => Promise<T>): Promise<T> => {
      await awake();
      await process.pause(random.int(0, 3));
      const result = await act();
      await process.pause(random.int(0, 3));
      await awake();
      return result;
    };
    /** One change after the other, so that what was there before and after is known exactly. */
    const change = <T>(key: string, isWrite: boolean, act: () => Promise<T>): Promise<T> =>
      take(() => {
        const turn = this.#last.then(async () => {
          const before = await store.get(key);
          const result = await act();
          this.#changed(process, key, isWrite, before?.record, (await store.get(key))?.record);
          return result;
        });
        this.#last = turn.catch(() => {});
        return turn;
      });
    const nodeState: NodeState = {
      epochs: () =>
        take(async () => {
          const { epoch: highest, by } = this.#highest;
          return { highest, ...(by !== undefined && { by }), ...(this.#own && { own: this.#own }) };
        }),
      claimEpoch: (epoch) =>
        take(async () => {
          if (this.#highest.epoch >= epoch) return;
          this.#highest = { epoch, by: this.#name };
          this.#own = epoch;
        }),
      peerState: () => take(async () => this.#peerState),
      setPeerState: (text) =>
        take(async () => {
          this.#peerState = text;
        }),
      takeRepairLock: (owner, now, until) =>
        take(async () => {
          const lock = this.#lock;
          const isFree = !lock || lock.owner === owner || lock.until <= now || lock.until > 2 * until - now;
          if (isFree) this.#lock = { owner, until };
          return isFree;
        }),
      renewRepairLock: (owner, until) =>
        take(async () => {
          if (this.#lock?.owner !== owner) return false;
          this.#lock = { owner, until };
          return true;
        }),
      releaseRepairLock: (owner) =>
        take(async () => {
          if (this.#lock?.owner === owner) this.#lock = undefined;
        }),
    };
    return {
      kind: 'simulated',
      id: this.#name,
      nodeState,
      highestEpoch: () => take(async () => this.#highest),
      raiseEpoch: (epoch, by) =>
        take(async () => {
          const isNews =
            epoch > this.#highest.epoch || (epoch === this.#highest.epoch && this.#highest.by === undefined);
          if (isNews) this.#highest = { epoch, ...(by !== undefined && { by }) };
          return this.#highest;
        }),
      isComplete: () => take(() => store.isComplete()),
      completed: () => take(() => store.completed()),
      get: (key) => take(() => store.get(key)),
      write: (wanted) => change(wanted.key, true, () => store.write(wanted)),
      apply: (record, replication) => change(record.key, false, () => store.apply(record, replication)),
      settle: (record, attempt, next) => change(record.key, false, () => store.settle(record, attempt, next)),
      forget: async () => 0,
      list: (query) => take(() => store.list(query)),
      count: (now) => take(() => store.count(now)),
      backlog: (query) => take(() => store.backlog(query)),
      backlogSize: () => take(() => store.backlogSize()),
      groupSums: async () => undefined,
      digests: (groups) => take(() => store.digests(groups)),
      headsIn: (buckets, cursor) => take(() => store.headsIn(buckets, cursor)),
    };
  }

  #changed(
    process: Process,
    key: string,
    isWrite: boolean,
    before: StoredRecord | undefined,
    after: StoredRecord | undefined,
  ): void {
    if (after === undefined || before === after) return;
    const id = name(key, after);
    this.#world.trace(() => `${process.name}: ${this.#name} has ${id} = ${after.value ?? 'deleted'}`);
    const known = this.#meanings.get(id);
    if (isWrite ? known !== undefined : known?.value !== after.value) this.#world.fail(`${id} names two records`);
    this.#meanings.set(id, after);
    const newest = this.newest.get(key);
    if (newest && compareStamps(after, newest) < 0)
      this.#world.fail(`${this.#name} went from ${name(key, newest)} back to ${id}`);
    const isBack = newest && compareStamps(after, newest) === 0 && isLive(after, this.#world.now);
    if (isBack) this.#world.fail(`${this.#name} brought back ${id}, which was dead and forgotten`);
    if (!isAtLeast(newest, after)) this.newest.set(key, after);
  }
}
