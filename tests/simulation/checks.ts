// What must be true at every moment, whatever happens: the promises of docs/protocol.md, as far as they are about
// what the stores hold.
import { divergentWrite, isDivergentKey } from '../../lib/divergent.ts';
import { compareStamps, deadAt, type Stamp, type StoredRecord } from '../../lib/record.ts';
import { isAcknowledged } from '../../lib/store/replication-state.ts';
import type { Entry } from '../../lib/store/store.ts';
import type { Machine, Process } from './process.ts';
import type { World } from './world.ts';

export type Change = 'write' | 'apply' | 'settle' | 'forget';

/** How long a replica must have refused every connection before its primary starts without it, in milliseconds. */
const REFUSED_MS = 3000;

/** Is called when a process has recovered. @param isForced whether an operator has had it serve what it holds */
export type Recovered = (hasStartedAlone: boolean, isForced: boolean, otherNow: Process | undefined) => void;

/** A write that a client was told of, with success. */
interface Acknowledged extends Stamp {
  readonly key: string;
}

export class Checks {
  readonly #world: World;
  readonly #retentionMs: number;
  readonly #living = new Set<Process>();
  readonly #machines = new Set<Machine>();
  /** The record that each stamp of each key names: there is never another. */
  readonly #meanings = new Map<string, StoredRecord>();
  /** The newest stamp of each key that each process has ever held, by its name. */
  readonly #everHeld = new Map<string, Map<string, Stamp>>();
  /** The newest stamp of each key that was answered as replicated and that no two crashes have wiped out. */
  readonly durable = new Map<string, Stamp>();
  /** The newest stamp of each key that a node has forgotten for good, being long dead. */
  readonly #buried = new Map<string, Stamp>();
  /** Every write that a client was told of. */
  readonly #acknowledged: Acknowledged[] = [];
  /** What each write replaced where it was written: the write had seen it. */
  readonly #seen = new Map<string, string | undefined>();
  /** Every process that has ever held a record, by its name. */
  readonly #holders = new Map<string, Set<Process>>();
  /** Records that a node has forgotten, being long dead. */
  readonly #forgotten = new Set<string>();
  /** Divergent writes that an operator has acknowledged. */
  readonly #dismissed = new Set<string>();
  #highestEpoch = 0;
  /** The highest epoch that each process has acknowledged, and the primaries that it has taken something from. */
  readonly #followed = new Map<Process, { epoch: number; readonly leaders: { name: string; hasServed: boolean }[] }>();
  /** Counts the times of leading that each process was given: by the other node, by an operator, or by a recovery. */
  readonly #entitlements = new Map<string, number>();
  /** The primaries that have recovered. */
  readonly #serving = new Set<string>();

  constructor(world: World, retentionMs: number) {
    this.#world = world;
    this.#retentionMs = retentionMs;
  }

  started(process: Process): void {
    this.#world.trace(() => `${process.name} starts`);
    this.#living.add(process);
    this.#machines.add(process.machine);
  }

  /** What only the crashed process held is lost, and nobody may be blamed for that. */
  crashed(process: Process): void {
    this.#world.trace(() => `${process.name} crashes`);
    this.#living.delete(process);
    for (const [key, stamp] of this.durable) {
      if (![...this.#living].some((other) => holds(other, key, stamp))) this.durable.delete(key);
    }
    this.#followed.delete(process);
    // A primary that was replaced may now bring back what its successor has deleted and forgotten.
    this.#buried.clear();
  }

  /** A node was given the lead, by the other node or by an operator. @param name of its process */
  entitled(name: string): void {
    this.#entitlements.set(name, (this.#entitlements.get(name) ?? 0) + 1);
  }

  /** A process begins to recover from the replica. @returns to be called when it has */
  recovering(process: Process, replica: Process | undefined): Recovered {
    this.entitled(process.name);
    const expected = [...this.durable].filter(([key, stamp]) => replica && holds(replica, key, stamp));
    const there = new Map(replica?.held);
    return (hasStartedAlone, isForced, replicaNow) => {
      this.#serving.add(process.name);
      this.#world.trace(() => `${process.name} has ${hasStartedAlone ? 'started alone' : 'recovered'}`);
      if (hasStartedAlone) {
        process.startedAloneAfter = this.#meanings.size;
        const { refusedSince = this.#world.now } = process;
        if (!isForced && this.#world.now - refusedSince < REFUSED_MS)
          this.#fail(`${process.name} gave up on its replica too early`);
        return;
      }
      // An operator has taken what only the replica may hold for lost.
      if (isForced || replica === undefined || replicaNow !== replica) return;
      for (const [key, stamp] of expected) {
        const isLongDead = [there.get(key), replica.held.get(key)].some(
          (entry) => entry && isBefore(deadAt(entry.record), process.machine.latest - this.#retentionMs),
        );
        // Meanwhile a deletion came there, which was long dead by then.
        const isForgottenThere = isAtLeast(replica.forgotten.get(key), stamp);
        const mayLack = isLongDead || isForgottenThere || isAtLeast(this.#buried.get(key), stamp);
        if (!holds(process, key, stamp) && !mayLack) {
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
  absent(process: Process, replica: Process | undefined, key: string, contentsId: string | undefined): void {
    const durable = this.durable.get(key);
    if (contentsId !== undefined && contentsId === process.absenceTakenOf) return;
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
    if (![...this.#living].some((each) => this.#knows(each, process, epoch))) this.#begunAgain(epoch);
    process.epoch = epoch;
    if (epoch < this.#highestEpoch) process.behind.add(epoch);
  }

  /** Whether a process could tell whoever leads now that this epoch, or a later one, has begun before. */
  #knows(process: Process, leader: Process, epoch: number): boolean {
    const { epoch: own = 0 } = process;
    const followed = this.#followed.get(process)?.epoch ?? 0;
    const held = [...process.held.values()].map(({ record }) => record.epoch);
    return (process !== leader && own >= epoch) || followed >= epoch || held.some((each) => each >= epoch);
  }

  /** An epoch has begun of which no process knows: where it began before, its clock was set back, and what it named is lost. */
  #begunAgain(epoch: number): void {
    for (const [id, record] of this.#meanings) if (record.epoch === epoch) this.#meanings.delete(id);
  }

  /** A replica has taken something from the primary of this epoch. */
  acknowledgedEpoch(replica: Process, epoch: number, from: string): void {
    const followed = this.#followed.get(replica) ?? { epoch: 0, leaders: [] };
    this.#followed.set(replica, followed);
    if (epoch < followed.epoch) return;
    followed.epoch = epoch;
    const process = [...this.#living].find(({ name }) => name === from);
    const serves = this.#serving.has(from) && process?.epoch === epoch;
    // Whoever is given the lead another time leads as somebody else.
    const name = `${from} (${this.#entitlements.get(from) ?? 0})`;
    const { leaders } = followed;
    const last = leaders.at(-1);
    if (last?.name === name) {
      last.hasServed ||= serves;
      return;
    }
    if (leaders.some((leader) => leader.name === name && leader.hasServed))
      this.#fail(`${name} leads again, although ${last?.name} has replaced it`);
    leaders.push({ name, hasServed: serves });
  }

  /** A replica says that it holds all that its primary does, but for what the primary knows to be missing. */
  completed(process: Process): void {
    const others = [...this.#living].filter((other) => other !== process);
    const [primary, another] = others;
    if (primary === undefined || another !== undefined || primary.epoch === undefined) return;
    // Its own primary has crashed, and this one has lost its address to the replica.
    if (primary.hasLostAddress) return;
    if (primary.epoch < (process.epoch ?? 0)) return;
    for (const [key, stamp] of this.durable) {
      if (holds(process, key, stamp) || this.#mayBeForgotten(key, stamp)) continue;
      if (!holds(primary, key, stamp) || !isAcknowledged(primary.held.get(key)?.replication)) continue;
      this.#fail(`${process.name} says that it is complete, and lacks ${name(key, stamp)}`);
    }
  }

  #mayBeForgotten(key: string, stamp: Stamp): boolean {
    const latest = Math.max(...[...this.#machines].map((machine) => machine.latest));
    const records = [...this.#living].map(({ held }) => held.get(key)?.record);
    return [...records, this.#meanings.get(name(key, stamp))].some(
      (record) => record && isBefore(deadAt(record), latest - this.#retentionMs),
    );
  }

  /** The highest epoch that a replica has acknowledged. */
  epochAt(replica: Process | undefined): number {
    return (replica && this.#followed.get(replica)?.epoch) ?? 0;
  }

  /** Whether any primary has begun a later epoch. Later epochs of one machine are higher, unless its clock is set back. */
  wasReplaced({ epoch = 0 }: Process): boolean {
    return this.#highestEpoch > epoch;
  }

  /**
   * An answer says that this stamp is replicated.
   * @param contentsId the contents of the replica that the primary has met
   */
  answeredReplicated(
    process: Process,
    replica: Process | undefined,
    key: string,
    stamp: Stamp,
    contentsId: string | undefined,
  ): void {
    this.#heldByOther(process, key, stamp, `${process.name} answered`);
    const isForgotten = [replica, process].some((each) => isAtLeast(each?.forgotten.get(key), stamp));
    if (replica && replica.name === contentsId && !holds(replica, key, stamp) && !isForgotten)
      this.#fail(`${process.name} answered that ${name(key, stamp)} is replicated, and ${contentsId} does not hold it`);
    // A deletion whose answer took so long that both nodes have forgotten it is nobody's to keep.
    const isBuried = isForgotten || isAtLeast(this.#buried.get(key), stamp);
    if (!isBuried && !isAtLeast(this.durable.get(key), stamp)) this.durable.set(key, stamp);
  }

  /** A client was told that its write was done. */
  acknowledged(process: Process, key: string, { epoch, version }: Stamp): void {
    if (!process.hasLostAddress && !process.behind.has(epoch)) this.#acknowledged.push({ key, epoch, version });
  }

  /** An operator has dismissed a divergent write from the list. */
  dismissed(key: string): void {
    this.#dismissed.add(key);
  }

  /** A process has listed a write as divergent. */
  listed(process: Process, entry: Entry): void {
    const { record } = entry;
    process.held.set(record.key, entry);
    const write = divergentWrite(record.key);
    this.#world.trace(() => `${process.name}: lists ${write && name(write.key, write)}`);
    const known = this.#meanings.get(name(record.key, record));
    if (known && !isSame(known, record)) this.#fail(`${process.name} lists another ${record.key}`);
    this.#meanings.set(name(record.key, record), record);
    if (!this.#meanings.has(write ? name(write.key, write) : ''))
      this.#fail(`${process.name} lists a write that nobody has made`);
    this.#held(process, record);
  }

  /**
   * Promise 9, once the pair is healed: every write that a client was told of is current on both nodes, or superseded by one
   * that had seen it, or listed; unless every process that ever held it is gone. And nothing is listed that was seen.
   */
  account(a: Process, b: Process): void {
    const listed = [...a.held, ...b.held].flatMap(([key, { record }]) => {
      return isDivergentKey(key) && record.value !== undefined ? divergentWrite(key) : [];
    });
    const names = new Set([...listed, ...[...this.#dismissed].map(divergentWrite)].map((w) => w && name(w.key, w)));
    const current = new Set<string>();
    for (const { held } of [a, b]) {
      for (const [key, { record }] of held) if (!isDivergentKey(key)) current.add(name(key, record));
    }
    const seen = new Set<string>();
    // What was forgotten was current until then.
    for (const each of [...current, ...this.#forgotten, ...names]) {
      let before = each === undefined ? undefined : this.#seen.get(each);
      while (before !== undefined && !seen.has(before)) {
        seen.add(before);
        before = this.#seen.get(before);
      }
    }
    for (const { key, ...stamp } of this.#acknowledged) {
      const id = name(key, stamp);
      if (current.has(id) || seen.has(id) || names.has(id) || this.#forgotten.has(id)) continue;
      const isHeld = [...(this.#holders.get(id) ?? [])].some((process) => process === a || process === b);
      if (isHeld && !this.#mayBeForgotten(key, stamp)) this.#fail(`${id} was acknowledged, and is nowhere`);
    }
    for (const write of listed) {
      if (write === undefined) continue;
      const id = name(write.key, write);
      // One that had seen it may have forgotten it since.
      if ((seen.has(id) || current.has(id)) && !this.#mayBeForgotten(write.key, write))
        this.#fail(`${id} is listed as divergent, and was seen`);
    }
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
    if (status === 'replicated' && !wasAcknowledged) this.#heldByOther(process, key, record, `${process.name} settled`);
    if (before && wasAcknowledged && status !== 'replicated') this.#doubted(process, before, after);
  }

  #took(process: Process, what: Change, old: StoredRecord | undefined, record: StoredRecord): void {
    const { key } = record;
    const id = name(key, record);
    const known = this.#meanings.get(id);
    // A node takes from the list by itself what a record had seen.
    const isDismissal = isDivergentKey(key) && record.value === undefined;
    if (known === undefined && what !== 'write' && !isDismissal)
      this.#fail(`${process.name} took ${id}, which nobody has written`);
    const isOther = known !== undefined && (what === 'write' || !isSame(known, record));
    if (isOther && !(isDismissal && known.value === undefined)) this.#fail(`${id} names two records`);
    this.#meanings.set(id, record);
    if (what === 'write') {
      process.replaced.set(id, old);
      this.#seen.set(id, old && name(key, old));
    }
    if (old && compareStamps(record, old) <= 0) this.#fail(`${process.name} went from ${name(key, old)} back to ${id}`);
    const buried = this.#buried.get(key);
    const isOfPair = !process.hasLostAddress && !this.#isLedByOld(record);
    if (isOfPair && record.value !== undefined && buried && this.#orderOf(key, record) < this.#orderOf(key, buried)) {
      this.#fail(`${process.name} brought back ${id}: ${name(key, buried)} was forgotten, being long dead`);
    }
    this.#held(process, record);
  }

  /**
   * Whether a record may come from a process that has lost its address, stood still for longer than the retention, and leads all the
   * same, since an operator has told it to: docs/limits.md.
   */
  #isLedByOld(record: StoredRecord): boolean {
    return [...this.#living].some(
      (each) =>
        each.hasLostAddress &&
        each.stalledMs > this.#retentionMs &&
        each.epoch === this.#highestEpoch &&
        holds(each, record.key, record),
    );
  }

  #held(process: Process, record: StoredRecord): void {
    const { key } = record;
    const ever = this.#everHeld.get(process.name) ?? new Map<string, Stamp>();
    this.#everHeld.set(process.name, ever);
    if (!isAtLeast(ever.get(key), record)) ever.set(key, record);
    const id = name(key, record);
    const holders = this.#holders.get(id) ?? new Set();
    this.#holders.set(id, holders.add(process));
  }

  #forgot(process: Process, what: Change, { record }: Entry): void {
    const { key } = record;
    const id = name(key, record);
    this.#world.trace(() => `${process.name}: forgets ${id}`);
    const latest = Math.max(...[...this.#machines].map((machine) => machine.latest));
    if (what !== 'forget' || !isBefore(deadAt(record), latest - this.#retentionMs)) {
      this.#fail(`${process.name} lost ${id} by ${what}, which was not long dead`);
    }
    if (!this.#wasHeldByOther(process, key, record))
      this.#fail(`${process.name} forgot ${id}, which was not replicated`);
    if (!isAtLeast(process.forgotten.get(key), record)) process.forgotten.set(key, record);
    this.#forgotten.add(id);
    // A primary that was replaced, and does not know it, forgets for itself only.
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

  #wasHeldByOther(process: Process, key: string, stamp: Stamp): boolean {
    return [...this.#everHeld].some(([name, ever]) => name !== process.name && isAtLeast(ever.get(key), stamp));
  }

  #heldByOther(process: Process, key: string, stamp: Stamp, who: string): void {
    if (!this.#wasHeldByOther(process, key, stamp))
      this.#fail(`${who} that ${name(key, stamp)} is replicated, and no other node has ever held it`);
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
