// A table that several processes share, as DynamoDB is: it outlives them, forgets what is long dead by itself, and keeps no
// version of what it has forgotten. Its index of the backlog lags behind. Every change is checked.
import { clientKey } from '../../lib/divergent.ts';
import { compareStamps, deadAt, isLive, type Stamp, type StoredRecord } from '../../lib/record.ts';
import type { Role } from '../../lib/role.ts';
import { forgetItem } from '../../lib/store/dynamodb/item.ts';
import { memoryStore } from '../../lib/store/memory/store.ts';
import { isAcknowledged } from '../../lib/store/replication-state.ts';
import type { Entry, Forgettable, Replication, RoleState, Store } from '../../lib/store/store.ts';
import { type Change, type Checks, isAtLeast, name } from './checks.ts';
import type { Accounts } from './durable-accounts.ts';
import type { Leads } from './durable-leads.ts';
import { TableState } from './durable-table-state.ts';
import { Follower } from './follower.ts';
import { Process } from './process.ts';
import { sqliteInMemory } from './sqlite-in-memory.ts';
import { START, type World } from './world.ts';

/** How long the index may take to show that a record is in the backlog, in milliseconds: mostly a moment. */
const LAG_MS = 10;
const MAX_LAG_MS = 3000;

/** DynamoDB takes its time: it forgets an item that much later at least, in milliseconds, whatever clocks are behind by. */
const SWEPT_AFTER_MS = 2000;

export interface TableOptions {
  readonly world: World;
  readonly checks: Checks;
  readonly accounts: Accounts;
  readonly leads: Leads;
  /** How long dead records are kept, in milliseconds. */
  readonly retentionMs: number;
  /**
   * It is a data file of SQLite, which one process has: an index lags behind nothing, and what is dead is forgotten when the
   * node says so. Absent: it is a table as of DynamoDB.
   */
  readonly isDataFile?: boolean;
}

export class Table {
  /** The contents id. */
  readonly id: string;
  /** What it holds, as the checks see it. It never crashes. */
  readonly contents: Process;
  readonly state: TableState;
  /** The newest stamp of each key that it has ever held. */
  readonly newest = new Map<string, Stamp>();
  readonly #store: Store;
  readonly #follower: Follower;
  readonly #isDataFile: boolean;
  readonly #world: World;
  readonly #checks: Checks;
  readonly #accounts: Accounts;
  readonly #leads: Leads;
  readonly #retentionMs: number;
  #completedAt: number | undefined;
  #last: Promise<unknown> = Promise.resolve();
  /** When the index shows each record of the backlog. */
  readonly #shownAt = new Map<string, number>();

  constructor(label: string, beginsAs: Role, options: TableOptions) {
    const { world, checks, accounts, leads, retentionMs, isDataFile = false } = options;
    this.id = `table-${label}`;
    this.contents = new Process(this.id, { name: this.id, offset: 0, latest: START }, world);
    this.#isDataFile = isDataFile;
    this.#store = isDataFile ? sqliteInMemory(this.id) : memoryStore(1e9);
    this.#world = world;
    this.#checks = checks;
    this.#accounts = accounts;
    this.#leads = leads;
    this.#retentionMs = retentionMs;
    // A data file takes no writes of an epoch that is over.
    const isSeen = isDataFile ? (epoch: number) => void this.#store.raiseEpoch(epoch) : undefined;
    this.state = new TableState(this.id, beginsAs, world, leads, isSeen);
    checks.started(this.contents);
    this.#follower = new Follower(this.id, this.#store, world);
  }

  /** Whoever follows it knows what it holds. */
  account(): Promise<void> {
    return this.#follower.account(this.contents.held);
  }

  /** Whether it has once been compared with the other one, by then. */
  isCompleteSince(time: number): boolean {
    return this.#completedAt !== undefined && this.#completedAt <= time;
  }

  /** Forgets, perhaps, what DynamoDB may have forgotten by now: see lib/store/dynamodb/item.ts. */
  sweep(): void {
    if (this.#isDataFile) return;
    if (!this.#world.random.chance(0.3)) void this.#inTurn(() => this.#sweep());
  }

  async #sweep(): Promise<void> {
    const held = [...this.contents.held.values()];
    await this.#forget(held.filter((entry) => this.#mayForget(entry, this.#world.now - SWEPT_AFTER_MS)));
  }

  /** @param now time in milliseconds */
  #mayForget({ record, replication }: Entry, now: number): boolean {
    const { forgetAt } = forgetItem(record, this.#retentionMs);
    return forgetAt !== undefined && Number(forgetAt.N) * 1000 <= now && isAcknowledged(replication);
  }

  /** What died before these, in no later epoch, may be forgotten as well. */
  async #forget(entries: readonly Entry[]): Promise<void> {
    if (entries.length === 0) return;
    const before = Math.max(...entries.map(({ record }) => deadAt(record) ?? 0)) + 1;
    const epoch = Math.max(...entries.map(({ record }) => record.epoch)) + 1;
    const held = new Map(this.contents.held);
    await this.#store.forget({ before, epoch, now: this.#world.now });
    for (const [key, entry] of held) this.#changed('forget', key, entry, await this.#store.get(key));
    await this.#follower.changed();
  }

  async #forgetAsTold(which: Forgettable): Promise<number> {
    const held = new Map(this.contents.held);
    // The time of the primary that says so: its clock may be ahead of that of the table.
    const { machine } = this.contents;
    machine.latest = Math.max(machine.latest, which.before + this.#retentionMs);
    const count = await this.#store.forget(which);
    for (const [key, entry] of held) this.#changed('forget', key, entry, await this.#store.get(key));
    await this.#follower.changed();
    return count;
  }

  /** What the other node may have forgotten when it wrote a record is not divergent: see lib/store/dynamodb/apply.ts. */
  async #apply(
    record: StoredRecord,
    replication: Replication | undefined,
    epoch: number | undefined,
  ): ReturnType<Store['apply']> {
    if (this.#isDataFile) return this.#store.apply(record, replication, epoch);
    const old = await this.#store.get(record.key);
    const isOlder = old && compareStamps(old.record, record) < 0;
    if (isOlder && this.#mayForget(old, record.updatedAt)) await this.#forget([old]);
    return this.#store.apply(record, replication);
  }

  /** One change after the other, so that what was there before and after is known exactly. */
  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(act);
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** As a process sees it: every request takes a moment, in which the process may die or be stopped. */
  of(process: Process): Store {
    const store = this.#store;
    const { random } = this.#world;
    const take = async <T>(act: () => Promise<T>): Promise<T> => {
      await process.pause(random.int(0, 3));
      const result = await act();
      await process.pause(random.int(0, 3));
      return result;
    };
    const change = <T>(what: Change, key: string, act: () => Promise<T>): Promise<T> =>
      take(() =>
        this.#inTurn(async () => {
          const listed = await this.#listedBeside(key);
          const before = await store.get(key);
          const result = await act();
          this.#world.trace(() => `${process.name}: ${what} ${key} in ${this.id}: ${outcomeOf(result)}`);
          const after = await store.get(key);
          this.#changed(what, key, before, after);
          for (const entry of await this.#listedBeside(key))
            if (after && !listed.includes(entry)) this.#hasListed(entry, after.record);
          for (const { record } of listed) await this.#mayHaveDismissed(record);
          await this.#follower.changed();
          return result;
        }),
      );
    return {
      kind: 'simulated',
      id: this.id,
      nodeState: this.state.seenBy(take),
      highestEpoch: () => take(async () => this.state.highest),
      raiseEpoch: (epoch, by, after) => take(async () => this.state.raise(epoch, by, after)),
      isComplete: () => take(() => store.isComplete()),
      completed: () =>
        take(() => {
          this.#completedAt ??= this.#world.now;
          return store.completed();
        }),
      roleState: () => take(() => store.roleState()),
      setRoleState: (state, revision) =>
        take(async () => {
          const isKept = await store.setRoleState(state, revision);
          if (isKept) this.#changedRole(process, state);
          return isKept;
        }),
      get: (key) => take(() => store.get(key)),
      write: (wanted) => change('write', wanted.key, () => store.write(wanted)),
      apply: (record, replication, epoch) => change('apply', record.key, () => this.#apply(record, replication, epoch)),
      settle: (record, attempt, next) => change('settle', record.key, () => store.settle(record, attempt, next)),
      forget: (which) =>
        this.#isDataFile ? take(() => this.#inTurn(() => this.#forgetAsTold(which))) : Promise.resolve(0),
      list: (query) => take(() => store.list(query)),
      count: (now) => take(() => store.count(now)),
      backlog: (query) =>
        take(async () => {
          const page = await store.backlog(query);
          return { ...page, entries: page.entries.filter((entry) => this.#isShown(entry)) };
        }),
      isBacklogCounted: store.isBacklogCounted,
      backlogSize: () =>
        take(async () => {
          const { entries } = await store.backlog({ limit: 1000 });
          const [first, ...others] = entries.filter((entry) => this.#isShown(entry));
          return first ? { count: 1 + others.length, oldest: first.record.updatedAt } : { count: 0 };
        }),
      divergent: (query) => take(() => store.divergent(query)),
      divergentCount: () => take(() => store.divergentCount()),
      groupSums: () => (this.#isDataFile ? take(() => store.groupSums()) : Promise.resolve(undefined)),
      digests: (groups) => take(() => store.digests(groups)),
      headsIn: (buckets, cursor) => take(() => store.headsIn(buckets, cursor)),
    };
  }

  #changedRole(process: Process, state: RoleState): void {
    const { role: before, switching } = this.state.role;
    this.#world.trace(() => `${process.name}: ${this.id} is ${JSON.stringify(state)}`);
    this.state.changedRole(state);
    if (state.grant) this.#leads.granted(process, state.grant, switching);
    if (before === state.role) return;
    if (state.role === 'primary') this.#leads.taken(process, this.id, this.state.highest.epoch);
    else this.#leads.steppedDown(this.id);
  }

  #isShown({ record }: Entry): boolean {
    return (this.#shownAt.get(name(record.key, record)) ?? 0) <= this.#world.now;
  }

  /** Divergent writes of the same key of a client, but for the record itself. */
  async #listedBeside(key: string): Promise<readonly Entry[]> {
    const { entries } = await this.#store.divergent({ key: clientKey(key), limit: 1000 });
    return entries.filter(({ record }) => record.key !== key);
  }

  /** @param by the record that supersedes the write */
  #hasListed(entry: Entry, by: StoredRecord): void {
    this.#owes(entry);
    this.#accounts.listed(entry.record.key, by, this.#world.now - this.#retentionMs);
    this.#checks.listed(this.contents, entry);
  }

  /** A later write of the key may have seen it. Both nodes dismiss it alike. */
  async #mayHaveDismissed({ key }: StoredRecord): Promise<void> {
    const entry = await this.#store.get(key);
    if (entry?.record.value !== undefined || !entry || this.contents.held.get(key)?.record === entry.record) return;
    this.#took(entry.record);
    this.#owes(entry);
    this.#checks.listed(this.contents, entry);
  }

  #owes({ record }: Entry): void {
    if (this.#isDataFile) return;
    const { random, now } = this.#world;
    this.#shownAt.set(name(record.key, record), now + random.int(0, random.chance(0.1) ? MAX_LAG_MS : LAG_MS));
  }

  #changed(what: Change, key: string, before: Entry | undefined, after: Entry | undefined): void {
    // Its machine has the time of the world.
    this.contents.now();
    const isNew = after && before?.record !== after.record;
    if (isNew) this.#took(after.record);
    if (isNew && what === 'write') this.#accounts.wrote(after.record, before?.record);
    if (!after && before) this.#accounts.forgot(before.record);
    const isOwed = after && !isAcknowledged(after.replication);
    if (isOwed && (isNew || isAcknowledged(before?.replication))) this.#owes(after);
    this.#checks.changed(this.contents, what, key, before, after);
  }

  /** What was forgotten counts, too: no stamp returns, and nothing that was dead comes back. */
  #took(record: StoredRecord): void {
    const { key } = record;
    const newest = this.newest.get(key);
    if (newest && compareStamps(record, newest) < 0)
      this.#world.fail(`${this.id} went from ${name(key, newest)} back to ${name(key, record)}`);
    if (newest && compareStamps(record, newest) === 0 && isLive(record, this.#world.now))
      this.#world.fail(`${this.id} brought back ${name(key, record)}, which was dead and forgotten`);
    if (!isAtLeast(newest, record)) this.newest.set(key, record);
  }
}

/** Of a change, in a word. */
function outcomeOf(result: unknown): string {
  if (typeof result === 'string') return result;
  return typeof result === 'object' && result !== null && 'outcome' in result ? `${result.outcome}` : 'done';
}
