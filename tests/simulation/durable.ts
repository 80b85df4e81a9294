// Nodes as they are deployed: each has processes that come, sleep and go, over a table that stays. Whatever happens to
// them, no write is lost, no stamp stands for two records, and in the end both tables are alike.
import { TandemError } from '../../lib/errors.ts';
import { compareStamps, deadAt, type Stamp, type StoredRecord } from '../../lib/record.ts';
import { storedEpoch } from '../../lib/replication/current-epoch.ts';
import { lastContactSaver } from '../../lib/replication/last-contact.ts';
import { createPrimary, type Primary } from '../../lib/replication/primary.ts';
import { repairLock } from '../../lib/replication/repair/lock.ts';
import { createReplica } from '../../lib/replication/replica.ts';
import { serveDigests } from '../../lib/replication/serve-digests.ts';
import { shareReplicaState } from '../../lib/replication/shared-replica-state.ts';
import type { NodeState, Store } from '../../lib/store/store.ts';
import { isAtLeast, name } from './checks.ts';
import { type Meanings, Table } from './durable-table.ts';
import { Network, PERFECT } from './network.ts';
import type { ReplicaNode } from './nodes.ts';
import { Process } from './process.ts';
import { createRandom } from './random.ts';
import { START, World } from './world.ts';

const KEYS = ['a', 'b', 'c'];
const RETENTION_MS = 5000;
const PROCESSES = 3;
/** Clocks of processes differ by so much at most, in milliseconds. */
const SKEW_MS = 100;
const REPAIR_MS = 50_000;
/** Processes that find one backlog after an outage. */
const HERD = 5;

interface Instance {
  readonly process: Process;
  readonly store: Store;
  primary?: Primary;
  /** Requests of clients that it is about. */
  busy: number;
  /** Until then it sleeps, unless a client wakes it. */
  asleepUntil: number;
}

export interface DurableOutcome {
  readonly violation?: string;
  readonly trace: readonly string[];
}

/** Runs the schedule of a seed. */
export async function simulateDurable(seed: number, traced = false): Promise<DurableOutcome> {
  const run = new DurableRun(seed, traced);
  await run.carryOut();
  if (run.world.violation === undefined) await run.heal();
  if (run.world.violation === undefined) await run.healInAHerd();
  const { violation, lines = [] } = run.world;
  return { trace: lines, ...(violation !== undefined && { violation }) };
}

class DurableRun {
  readonly world: World;
  readonly #random;
  readonly #meanings: Meanings = new Map();
  readonly #tables;
  readonly #network: Network;
  #primaries: Instance[] = [];
  #replicas: Array<ReplicaNode & Instance> = [];
  /** The newest stamp of each key that a client was answered. */
  readonly #told = new Map<string, Stamp>();
  #started = 0;
  #writes = 0;

  constructor(seed: number, traced: boolean) {
    this.world = new World(seed, traced);
    this.#random = createRandom(seed + 0xd0d0);
    const table = (label: string) => new Table(label, this.world, this.#meanings, RETENTION_MS);
    this.#tables = { primary: table('primary'), replica: table('replica') };
    this.#network = new Network(
      this.world,
      () => this.#someReplica(),
      () => undefined,
    );
  }

  /** Some seconds of traffic, then a long while without, so that epochs end and what is dead is forgotten. */
  async carryOut(): Promise<void> {
    const { world } = this;
    const random = this.#random;
    let time = 0;
    for (let i = random.int(20, 70); i > 0; i--) {
      time += random.chance(0.85) ? random.int(0, 400) : random.int(4000, 30_000);
      world.at(time, () => this.#step());
    }
    await world.run();
  }

  #step(): void {
    const { world } = this;
    const random = this.#random;
    const network = this.#network;
    for (const table of Object.values(this.#tables)) void table.sweep(KEYS);
    const ms = random.int(50, 4000);
    const dice = random.int(0, 99);
    if (dice < 55) return void this.#write(this.#somePrimary());
    if (dice < 65) return void this.#read(this.#somePrimary());
    if (dice < 75) return void this.#repair(this.#somePrimary());
    if (dice < 82) return void this.#kill(this.#primaries);
    if (dice < 86) return void this.#kill(this.#replicas);
    if (dice < 92) return void this.#sleep(random.pick(this.#primaries), random.int(1000, 60_000));
    if (dice < 96) {
      network.cut = random.pick(['refused', 'silent'] as const);
      return void world.at(ms, () => {
        network.cut = undefined;
      });
    }
    network.quality = { lostRequest: 0.2, lostReply: 0.2, duplicate: 0.3, maxDelayMs: 400, late: 0.2, maxLateMs: 3000 };
    world.at(ms, () => {
      network.quality = PERFECT;
    });
  }

  /** After the last fault a scheduled repair makes both tables alike, and nothing that was answered is missing. */
  async heal(): Promise<void> {
    const { world } = this;
    world.trace(() => 'every fault ends');
    this.#network.quality = PERFECT;
    this.#network.cut = undefined;
    world.at(60_000, () => void this.#repair(this.#start(this.#primaries)));
    await world.run();
    if (world.violation !== undefined) return;
    for (const key of KEYS) {
      const [here, there] = await Promise.all([this.#tables.primary.get(key), this.#tables.replica.get(key)]);
      const told = this.#told.get(key);
      if (told && !isAtLeast(here?.record, told) && !this.#mayBeForgotten(key))
        world.fail(`${name(key, told)} was lost`);
      if (here && here.replication?.status !== 'replicated')
        world.fail(`${name(key, here.record)} is still in the backlog`);
      const isAlike = here && there ? compareStamps(here.record, there.record) === 0 : !here && !there;
      const lone = (here ?? there)?.record;
      const isForgottenThere =
        !(here && there) && lone && (deadAt(lone) ?? Number.POSITIVE_INFINITY) < world.now - RETENTION_MS;
      if (!isAlike && !isForgottenThere) world.fail(`after a repair the tables differ in ${key}`);
    }
  }

  /**
   * After an outage several processes find the same backlog. It is shipped once; and a second time at most where a process
   * is killed or put to sleep meanwhile.
   */
  async healInAHerd(): Promise<void> {
    const { world } = this;
    const random = this.#random;
    this.#network.cut = 'refused';
    this.#replicas = [];
    for (const key of KEYS) void this.#write(this.#start(this.#primaries), key);
    await world.run();
    this.#network.cut = undefined;
    const { sent } = this.#network;
    sent.clear();
    const herd = Array.from({ length: HERD }, () => this.#start(this.#primaries));
    for (const instance of herd) void this.#repair(instance);
    const trouble = random.pick(['none', 'none', 'killed', 'asleep'] as const);
    world.at(random.int(0, 60), () => {
      if (trouble === 'killed') this.#kill(herd);
      if (trouble === 'asleep') random.pick(herd).asleepUntil = world.now + random.int(1000, 60_000);
    });
    await world.run();
    for (const key of KEYS) {
      const entry = await this.#tables.primary.get(key);
      if (entry && entry.replication?.status !== 'replicated')
        world.fail(`a herd left ${name(key, entry.record)} in the backlog`);
    }
    for (const [id, times] of sent)
      if (times > (trouble === 'none' ? 1 : 2)) world.fail(`a herd of ${HERD} processes shipped ${id} ${times} times`);
  }

  async #write(instance: Instance, key = this.#random.pick(KEYS)): Promise<void> {
    const random = this.#random;
    const isDeletion = random.chance(0.4);
    const ttl = !isDeletion && random.chance(0.2) ? random.int(1, 5) : undefined;
    const value = `"write ${++this.#writes}"`;
    const told = this.#told.get(key);
    await this.#client(instance, `${isDeletion ? 'deletes' : `writes ${value} to`} ${key}`, async (primary) => {
      const answer = await primary
        .write({ key, ...(!isDeletion && { value }), ...(ttl !== undefined && { ttl }) })
        .catch((error: Error) => error);
      if (answer instanceof Error) {
        if (!(isDeletion && answer instanceof TandemError && answer.code === 'key_not_found'))
          this.world.fail(`a write failed: ${answer.stack}`);
        return;
      }
      const { record, delivery } = answer;
      this.world.trace(() => `answered ${name(key, record)} ${JSON.stringify(delivery)}`);
      if (told && compareStamps(record, told) <= 0)
        this.world.fail(`${name(key, record)} came after ${name(key, told)}`);
      if (!isAtLeast(this.#told.get(key), record)) this.#told.set(key, record);
      if (delivery.replicated && !isAtLeast(this.#tables.replica.newest.get(key), record))
        this.world.fail(`${name(key, record)} is said to be replicated, and is not`);
    });
  }

  async #read(instance: Instance): Promise<void> {
    const key = this.#random.pick(KEYS);
    const told = this.#told.get(key);
    const mayBeForgotten = this.#mayBeForgotten(key);
    await this.#client(instance, `reads ${key}`, async () => {
      const entry = await instance.store.get(key);
      if (told && !isAtLeast(entry?.record, told) && !mayBeForgotten && !this.#mayBeForgotten(key))
        this.world.fail(`a read misses ${name(key, told)}`);
    });
  }

  async #repair(instance: Instance): Promise<void> {
    await this.#client(instance, 'repairs', async (primary) => {
      const report = await primary.repair(REPAIR_MS).catch((error: Error) => error);
      if (report instanceof Error) this.world.fail(`a repair failed: ${report.stack}`);
      else this.world.trace(() => JSON.stringify(report));
    });
  }

  /** A request wakes a process, and keeps it awake. */
  async #client(instance: Instance, what: string, act: (primary: Primary) => Promise<void>): Promise<void> {
    const { process } = instance;
    this.world.trace(() => `${process.name} ${what}`);
    instance.asleepUntil = 0;
    instance.busy++;
    instance.primary ??= await this.#lead(instance);
    await act(instance.primary);
    instance.busy--;
  }

  /** Whether what was written last has been dead for longer than the retention, and may be forgotten by now. */
  #mayBeForgotten(key: string): boolean {
    const newest = this.#tables.primary.newest.get(key);
    const record = newest && this.#meanings.get(name(key, newest));
    return (
      (record && deadAt(record)) !== undefined &&
      (deadAt(record as StoredRecord) as number) < this.world.now - RETENTION_MS
    );
  }

  #somePrimary(): Instance {
    if (this.#primaries.length < PROCESSES && this.#random.chance(0.4)) return this.#start(this.#primaries);
    return this.#primaries.length === 0 ? this.#start(this.#primaries) : this.#random.pick(this.#primaries);
  }

  #start(among: Instance[]): Instance {
    const process = this.#process('primary');
    const instance: Instance = {
      process,
      busy: 0,
      asleepUntil: 0,
      store: this.#tables.primary.of(process, () => this.#awake(instance)),
    };
    among.push(instance);
    return instance;
  }

  #process(label: string): Process {
    const offset = this.#random.int(-SKEW_MS, SKEW_MS);
    return new Process(`${label}#${++this.#started}`, { name: label, offset, latest: START }, this.world);
  }

  async #lead({ process, store }: Instance): Promise<Primary> {
    const { clock } = process;
    const nodeState = store.nodeState as NodeState;
    const [currentEpoch, shared] = await Promise.all([
      storedEpoch(nodeState, clock, 0),
      shareReplicaState(nodeState, clock.now()),
    ]);
    return createPrimary({
      store,
      clock,
      currentEpoch,
      replicaState: shared.replicaState,
      shared,
      lock: repairLock(nodeState, clock, process.name),
      peer: this.#network.peerOf(process),
      describe: async () => ({ role: 'primary', id: store.id, state: 'serving', highestEpoch: currentEpoch.value }),
      random: this.world.random.next,
      log: this.#log(process),
      retentionMs: RETENTION_MS,
    });
  }

  #someReplica(): ReplicaNode {
    if (this.#replicas.length === 0 || (this.#replicas.length < PROCESSES && this.world.random.chance(0.2))) {
      const process = this.#process('replica');
      const store = this.#tables.replica.of(process, async () => {});
      const saveLastContact = lastContactSaver(store.nodeState as NodeState);
      const replica = createReplica({
        store,
        clock: process.clock,
        log: this.#log(process),
        saveLastContact,
      });
      this.#replicas.push({
        process,
        store,
        server: serveDigests(store, process.clock),
        handshake: async () => {
          const [{ epoch: highestEpoch }, isComplete] = await Promise.all([store.highestEpoch(), store.isComplete()]);
          return { role: 'replica', id: store.id, state: isComplete ? 'serving' : 'refilling', highestEpoch };
        },
        replicate: replica.apply,
        busy: 0,
        asleepUntil: 0,
      });
    }
    return this.world.random.pick(this.#replicas);
  }

  #kill(among: Instance[]): void {
    const victim = among.splice(this.#random.int(0, Math.max(0, among.length - 1)), 1)[0];
    if (victim === undefined) return;
    this.world.trace(() => `${victim.process.name} is gone`);
    victim.process.isAlive = false;
  }

  /** Lambda puts a process to sleep when it has answered; what goes on in it stops where it is. */
  #sleep(instance: Instance | undefined, ms: number): void {
    if (instance === undefined || instance.busy > 0) return;
    this.world.trace(() => `${instance.process.name} sleeps for ${ms} ms`);
    instance.asleepUntil = this.world.now + ms;
  }

  async #awake(instance: Instance): Promise<void> {
    while (this.world.now < instance.asleepUntil) await this.world.sleep(100);
  }

  #log(process: Process) {
    return {
      warn: () => {},
      error: (message: string, _fields?: unknown, error?: unknown) =>
        this.world.fail(`${process.name} logged: ${message}: ${error instanceof Error ? error.stack : error}`),
    };
  }
}
