// What must be true at every moment, whatever happens: the promises of docs/protocol.md, as far as they are about
// what the stores hold.
import { compareStamps, deadAt, type Stamp, type StoredRecord } from '../../lib/record.ts';
import { isAcknowledged } from '../../lib/store/replication-state.ts';
import type { Entry } from '../../lib/store/store.ts';
import type { NodeName } from './nodes.ts';
import type { Machine, Process } from './process.ts';
import type { World } from './world.ts';

export type Change = 'write' | 'apply' | 'settle' | 'forget';

/** How long a replica must have refused every connection before its primary starts without it, in milliseconds. */
const REFUSED_MS = 3000;

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
  #highestEpoch = 0;
  /** The replica of this moment, and the highest epoch that it has acknowledged. */
  #replica: Process | undefined;
  #epochThere = 0;
  /** The primaries that it has taken something from, one after the other, and whether it served in that epoch. */
  #leaders: { readonly name: string; hasServed: boolean }[] = [];
  /** The primaries that have started. */
  readonly #serving = new Set<string>();

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
    this.#leaders = [];
    // A primary that was replaced may now bring back what its successor has deleted and forgotten.
    if (this.#primaries.size > 1) this.#buried.clear();
  }

  /** A process begins to recover from the replica. @returns to be called when it has */
  recovering(process: Process, replica: Process | undefined) {
    const expected = [...this.durable].filter(([key, stamp]) => replica && holds(replica, key, stamp));
    const there = new Map(replica?.held);
    return (hasStartedAlone: boolean, isForced: boolean, replicaNow: Process | undefined): void => {
      this.#serving.add(process.name);
      this.#world.trace(() => `${process.name} has ${hasStartedAlone ? 'started alone' : 'recovered'}`);
      if (hasStartedAlone) {
        process.startedAloneAfter = this.#meanings.size;
        const { refusedSince = this.#world.now } = process;
        if (!isForced && this.#world.now - refusedSince < REFUSED_MS)
          this.#fail(`${process.name} gave up on its replica too early`);
        return;
      }
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

  /**
   * A primary says that a key does not exist. If it has started without its replica, it must know by now what that held.
   * @param contentsId the contents of the replica that it has met
   */
  absent(process: Process, key: string, contentsId: string | undefined): void {
    const durable = this.durable.get(key);
    const replica = this.#replica;
    if (!durable || !replica || replica.name !== contentsId || !holds(replica, key, durable)) return;
    const isOlder = this.#orderOf(key, durable) < (process.startedAloneAfter ?? 0);
    if (!isOlder || process.forgotten.has(key) || this.wasReplaced(process)) return;
    const entry = replica.held.get(key);
    if (entry && isBefore(deadAt(entry.record), process.machine.latest - this.#retentionMs)) return;
    this.#fail(`${process.name} says that there is no ${key}, and its replica holds ${name(key, durable)}`);
  }

  /** A primary has begun an epoch. */
  leads(process: Process, epoch: number): void {
    this.#world.trace(() => `${process.name} begins epoch ${epoch}`);
    process.epoch = epoch;
  }

  /** The replica has taken something from the primary of this epoch. */
  acknowledgedEpoch(epoch: number, from: string): void {
    if (epoch < this.#epochThere) return;
    this.#epochThere = epoch;
    const process = [...this.#living].find(({ name }) => name === from);
    const serves = this.#serving.has(from) && process?.epoch === epoch;
    const last = this.#leaders.at(-1);
    if (last?.name === from) {
      last.hasServed ||= serves;
      return;
    }
    if (this.#leaders.some(({ name, hasServed }) => name === from && hasServed))
      this.#fail(`${from} leads again, although ${last?.name} has replaced it`);
    this.#leaders.push({ name: from, hasServed: serves });
  }

  /** A replica says that it holds all that its primary does, but for what the primary knows to be missing. */
  completed(process: Process): void {
    const [primary, other] = [...this.#living].filter(({ machine }) => this.#primaries.has(machine));
    if (primary === undefined || other !== undefined) return;
    for (const [key, stamp] of this.durable) {
      if (holds(process, key, stamp) || this.#mayBeForgotten(key, stamp)) continue;
      if (!isAcknowledged(primary.held.get(key)?.replication)) continue;
      this.#fail(`${process.name} says that it is complete, and lacks ${name(key, stamp)}`);
    }
  }

  #mayBeForgotten(key: string, stamp: Stamp): boolean {
    const latest = Math.max(...[...this.#primaries].map((machine) => machine.latest));
    const records = [...this.#living].map(({ held }) => held.get(key)?.record);
    return [...records, this.#meanings.get(name(key, stamp))].some(
      (record) => record && isBefore(deadAt(record), latest - this.#retentionMs),
    );
  }

  /** Who leads as far as the replica of this moment knows. */
  get epochThere(): { readonly epoch: number; readonly replica: Process | undefined } {
    return { epoch: this.#epochThere, replica: this.#replica };
  }

  /** Whether any primary has begun a later epoch. Later epochs of one machine are higher, unless its clock is set back. */
  wasReplaced({ epoch = 0 }: Process): boolean {
    return this.#highestEpoch > epoch;
  }

  /**
   * An answer says that this stamp is replicated.
   * @param contentsId the contents of the replica that the primary has met
   */
  answeredReplicated(process: Process, key: string, stamp: Stamp, contentsId: string | undefined): void {
    this.#heldByReplica(key, stamp, `${process.name} answered`);
    const replica = this.#replica;
    const isForgotten = [replica, process].some((each) => isAtLeast(each?.forgotten.get(key), stamp));
    if (replica && replica.name === contentsId && !holds(replica, key, stamp) && !isForgotten)
      this.#fail(`${process.name} answered that ${name(key, stamp)} is replicated, and ${contentsId} does not hold it`);
    const isBuried = isAtLeast(this.#buried.get(key), stamp);
    if (!isBuried && !isAtLeast(this.durable.get(key), stamp)) this.durable.set(key, stamp);
  }

  /** A store has carried out a change. */
  changed(process: Process, what: Change, key: string, before: Entry | undefined, after: Entry | undefined): void {
    if (before === after) return;
    process.changes.set(key, (process.changes.get(key) ?? 0) + 1);
    if (after === undefined) {
      process.held.delete(key);
      this.#forgot(process, what, before as Entry);
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

  #forgot(process: Process, what: Change, { record }: Entry): void {
    const { key } = record;
    const id = name(key, record);
    this.#world.trace(() => `${process.name}: forgets ${id}`);
    const latest = Math.max(...[...this.#primaries].map((machine) => machine.latest));
    if (what !== 'forget' || !isBefore(deadAt(record), latest - this.#retentionMs)) {
      this.#fail(`${process.name} lost ${id} by ${what}, which was not long dead`);
    }
    if (!isAtLeast(this.#everOnReplica.get(key), record))
      this.#fail(`${process.name} forgot ${id}, which was not replicated`);
    if (!isAtLeast(process.forgotten.get(key), record)) process.forgotten.set(key, record);
    // The replica forgets for the primary that it has let in.
    const { epoch: own = Number.POSITIVE_INFINITY } = process;
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

export function isBefore(time: number | undefined, limit: number): boolean {
  return time !== undefined && time < limit;
}

function isSame(a: StoredRecord, b: StoredRecord): boolean {
  return a.value === b.value && a.updatedAt === b.updatedAt && a.expiresAt === b.expiresAt;
}

function describe(record: StoredRecord): string {
  const { key, value, expiresAt } = record;
  return `${name(key, record)} = ${value ?? 'deleted'}${expiresAt === undefined ? '' : ` until ${expiresAt}`}`;
}
