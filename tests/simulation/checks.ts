// What must be true at every moment, whatever happens: the promises of docs/protocol.md, as far as they are about
// what the stores hold.
import { compareStamps, deadAt, type Stamp, type StoredRecord } from '../../lib/record.ts';
import { RECOVERY_PATIENCE_MS } from '../../lib/replication/repair/recover.ts';
import { isAcknowledged } from '../../lib/store/replication-state.ts';
import type { Entry } from '../../lib/store/store.ts';
import type { NodeName } from './nodes.ts';
import type { Machine, Process } from './process.ts';
import type { World } from './world.ts';

export type Change = 'write' | 'apply' | 'settle' | 'forget';

interface Lead {
  readonly epoch: number;
  readonly machine: Machine;
}

export class Checks {
  readonly #world: World;
  readonly #retentionMs: number;
  readonly #living = new Set<Process>();
  readonly #primaries = new Set<Machine>();
  /** The record that each stamp of each key names: there is never another. */
  readonly #meanings = new Map<string, StoredRecord>();
  /** The newest stamp of each key that any replica has ever held. */
  readonly #everOnReplica = new Map<string, Stamp>();
  /** The newest stamp of each key that was answered as replicated and that no two crashes have wiped out. */
  readonly durable = new Map<string, Stamp>();
  /** The newest stamp of each key that a node has forgotten for good, being long dead. */
  readonly #buried = new Map<string, Stamp>();
  readonly #leads: Lead[] = [];
  #highestEpoch = 0;
  /** The replica of this moment, and the highest epoch that it has acknowledged. */
  #replica: Process | undefined;
  #epochThere = 0;

  constructor(world: World, retentionMs: number) {
    this.#world = world;
    this.#retentionMs = retentionMs;
  }

  started(process: Process, name: NodeName): void {
    this.#world.trace(() => `${process.name} starts`);
    this.#living.add(process);
    if (name === 'replica') this.#replica = process;
    else this.#primaries.add(process.machine);
  }

  /** What only the crashed process held is lost, and nobody may be blamed for that. */
  crashed(process: Process, name: NodeName): void {
    this.#world.trace(() => `${process.name} crashes`);
    this.#living.delete(process);
    for (const [key, stamp] of this.durable) {
      if (![...this.#living].some((other) => holds(other, key, stamp))) this.durable.delete(key);
    }
    if (name !== 'replica') return;
    this.#replica = undefined;
    this.#epochThere = 0;
    // A primary that was replaced may now bring back what its successor has deleted and forgotten.
    if (this.#primaries.size > 1) this.#buried.clear();
  }

  /** A process begins to recover from the replica. @returns to be called when it has */
  recovering(process: Process, replica: Process | undefined) {
    const startedAt = this.#world.now;
    const expected = [...this.durable].filter(([key, stamp]) => replica && holds(replica, key, stamp));
    const there = new Map(replica?.held);
    return (recoveredFrom: string | undefined, replicaNow: Process | undefined): void => {
      this.#world.trace(() => `${process.name} has recovered from ${recoveredFrom ?? 'nobody'}`);
      const hasGivenUp = recoveredFrom === undefined && this.#world.now - startedAt >= RECOVERY_PATIENCE_MS;
      if (hasGivenUp) return;
      if (replica === undefined || replicaNow !== replica) return;
      for (const [key, stamp] of expected) {
        const isLongDead = [there.get(key), replica.held.get(key)].some(
          (entry) => entry && isBefore(deadAt(entry.record), process.machine.latest - this.#retentionMs),
        );
        if (!holds(process, key, stamp) && !isLongDead && !isAtLeast(this.#buried.get(key), stamp)) {
          this.#fail(`${process.name} serves without ${name(key, stamp)}, which the replica holds`);
        }
      }
    };
  }

  /** A primary learns of an epoch, or begins it. */
  raisedEpoch(epoch: number): void {
    this.#highestEpoch = Math.max(this.#highestEpoch, epoch);
  }

  /** A primary takes writes from now on. */
  serves(process: Process, epoch: number): void {
    this.#world.trace(() => `${process.name} serves, in epoch ${epoch}`);
    process.epoch = epoch;
    const { machine } = process;
    const isTwin = (lead: Lead) => lead.epoch === epoch && lead.machine !== machine;
    // Two machines that take over in the same millisecond: nothing tells their stamps apart.
    if (this.#leads.some(isTwin)) this.#world.giveUp();
    this.#leads.push({ epoch, machine });
  }

  /** The replica has taken something from the primary of this epoch. */
  acknowledgedEpoch(epoch: number): void {
    this.#epochThere = Math.max(this.#epochThere, epoch);
  }

  /** Who leads as far as the replica of this moment knows. */
  get epochThere(): { readonly epoch: number; readonly replica: Process | undefined } {
    return { epoch: this.#epochThere, replica: this.#replica };
  }

  /** Whether any primary has begun a later epoch. Later epochs of one machine are higher, unless its clock is set back. */
  wasReplaced({ epoch = 0 }: Process): boolean {
    return this.#highestEpoch > epoch;
  }

  /** An answer says that this stamp is replicated. */
  answeredReplicated(process: Process, key: string, stamp: Stamp): void {
    this.#heldByReplica(key, stamp, `${process.name} answered`);
    const isBuried = isAtLeast(this.#buried.get(key), stamp);
    if (!isBuried && !isAtLeast(this.durable.get(key), stamp)) this.durable.set(key, stamp);
  }

  /** A store has carried out a change. */
  changed(
    process: Process,
    what: Change,
    key: string,
    before: Entry | undefined,
    after: Entry | undefined,
    stamp?: Stamp,
  ): void {
    if (before === after) return;
    process.changes.set(key, (process.changes.get(key) ?? 0) + 1);
    if (after === undefined) {
      process.held.delete(key);
      this.#forgot(process, what, before as Entry, stamp);
      return;
    }
    process.held.set(key, after);
    const { record } = after;
    const status = after.replication?.status;
    this.#world.trace(() => `${process.name}: ${what} ${describe(record)} (${status ?? 'replica'})`);
    if (before?.record !== record) this.#took(process, what, before?.record, record);
    const wasAcknowledged = before?.record === record && isAcknowledged(before.replication);
    if (status === 'replicated' && !wasAcknowledged) this.#heldByReplica(key, record, `${process.name} settled`);
    if (before && wasAcknowledged && status !== 'replicated') this.#doubted(process, before, after);
  }

  #took(process: Process, what: Change, old: StoredRecord | undefined, record: StoredRecord): void {
    const { key } = record;
    const id = name(key, record);
    const known = this.#meanings.get(id);
    if (known === undefined && what !== 'write') this.#fail(`${process.name} took ${id}, which nobody has written`);
    if (known !== undefined && (what === 'write' || !isSame(known, record))) this.#fail(`${id} names two records`);
    this.#meanings.set(id, record);
    if (what === 'write') process.replaced.set(id, old);
    if (old && compareStamps(record, old) <= 0) this.#fail(`${process.name} went from ${name(key, old)} back to ${id}`);
    const buried = this.#buried.get(key);
    if (record.value !== undefined && buried && this.#orderOf(key, record) < this.#orderOf(key, buried)) {
      this.#fail(`${process.name} brought back ${id}: ${name(key, buried)} was forgotten, being long dead`);
    }
    if (process === this.#replica && !isAtLeast(this.#everOnReplica.get(key), record)) {
      this.#everOnReplica.set(key, record);
    }
  }

  /** @param stamp what the order to forget names: this record, or one that was newer */
  #forgot(process: Process, what: Change, entry: Entry, stamp: Stamp = entry.record): void {
    const { key } = entry.record;
    const id = name(key, entry.record);
    const record = this.#meanings.get(name(key, stamp)) ?? entry.record;
    this.#world.trace(() => `${process.name}: forgets ${id}`);
    const latest = Math.max(...[...this.#primaries].map((machine) => machine.latest));
    if (
      what !== 'forget' ||
      !isAtLeast(record, entry.record) ||
      !isBefore(deadAt(record), latest - this.#retentionMs)
    ) {
      this.#fail(`${process.name} lost ${id} by ${what}, which was not long dead`);
    }
    if (!isAtLeast(this.#everOnReplica.get(key), stamp))
      this.#fail(`${process.name} forgot ${id}, which was not replicated`);
    if (!isAtLeast(process.forgotten.get(key), record)) process.forgotten.set(key, record);
    const own = process.epoch ?? this.#epochThere;
    const isReplaced = [...this.#living].some(({ epoch = 0 }) => epoch > own);
    if (!isReplaced && !isAtLeast(this.#buried.get(key), record)) this.#buried.set(key, record);
    const durable = this.durable.get(key);
    if (durable && isAtLeast(record, durable)) this.durable.delete(key);
  }

  /** When it was written: of two writes of one key the later one has the higher number, whatever their stamps. */
  #orderOf(key: string, stamp: Stamp): number {
    return [...this.#meanings.keys()].indexOf(name(key, stamp));
  }

  #heldByReplica(key: string, stamp: Stamp, who: string): void {
    if (!isAtLeast(this.#everOnReplica.get(key), stamp)) {
      this.#fail(`${who} that ${name(key, stamp)} is replicated, and no replica has ever held it`);
    }
  }

  /** An acknowledgement stands against a failure that began before it. */
  #doubted(process: Process, before: Entry, { record, replication }: Entry): void {
    const attempt = replication?.attempts.at(-1);
    if (attempt && attempt.at <= (before.replication?.replicatedAt ?? 0)) {
      this.#fail(`${process.name} doubts ${name(record.key, record)} for a failure before its acknowledgement`);
    }
  }

  #fail(what: string): void {
    this.#world.fail(what);
  }
}

/** Whether a process holds this stamp of a key, or a newer one. */
export function holds(process: Process, key: string, stamp: Stamp): boolean {
  return isAtLeast(process.held.get(key)?.record, stamp);
}

export function isAtLeast(a: Stamp | undefined, b: Stamp): boolean {
  return a !== undefined && compareStamps(a, b) >= 0;
}

export function name(key: string, { epoch, version }: Stamp): string {
  return `${key}@${epoch}-${version}`;
}

function isBefore(time: number | undefined, limit: number): boolean {
  return time !== undefined && time < limit;
}

function isSame(a: StoredRecord, b: StoredRecord): boolean {
  return a.value === b.value && a.updatedAt === b.updatedAt && a.expiresAt === b.expiresAt;
}

function describe(record: StoredRecord): string {
  const { key, value, expiresAt } = record;
  return `${name(key, record)} = ${value ?? 'deleted'}${expiresAt === undefined ? '' : ` until ${expiresAt}`}`;
}
