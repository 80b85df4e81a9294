// The nodes of a durable run: A and B, each a table and up to some processes over it, which come, sleep and go. Each process
// is the very node of lib/replication.
import type { Batch, BatchAnswer, Grant, Handshake, Switchover } from '../../lib/peer/wire.ts';
import { DurableNode } from '../../lib/replication/durable-node.ts';
import { Roles } from '../../lib/replication/roles.ts';
import type { DigestServer } from '../../lib/replication/serve-digests.ts';
import type { NodeState, Store } from '../../lib/store/store.ts';
import type { Log } from '../../lib/telemetry/log.ts';
import type { Checks } from './checks.ts';
import { Accounts } from './durable-accounts.ts';
import { Leads } from './durable-leads.ts';
import { DurableProcess } from './durable-process.ts';
import { Table } from './durable-table.ts';
import { Network } from './network.ts';
import type { Asked, NodeName } from './nodes.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

/** Processes of a node, unless all of these are stopped in the middle of something. */
const PROCESSES = 3;
/** Clocks of the processes of one node differ by so much at most, in milliseconds. */
const SKEW_MS = 100;

/** A process, as clients and the other node find it. */
export class Instance implements Asked {
  readonly name: NodeName;
  readonly process: DurableProcess;
  readonly store: Store;
  readonly node: DurableNode;

  constructor(name: NodeName, process: DurableProcess, store: Store, node: DurableNode) {
    this.name = name;
    this.process = process;
    this.store = store;
    this.node = node;
  }

  get server(): DigestServer {
    return this.node.digests;
  }

  handshake(said: Handshake): Promise<Handshake> {
    return this.busy(() => this.node.handshake(said), 'lead');
  }

  replicate(batch: Batch): Promise<BatchAnswer> {
    return this.busy(() => this.node.replica.apply(batch));
  }

  switchover(question: Switchover): Promise<Grant> {
    return this.busy(() => this.node.switchover(question), 'lead');
  }

  /** Carries a request out: until it is answered the process is not put to sleep. @param about what it is about */
  async busy<T>(act: () => Promise<T>, about: 'records' | 'lead' = 'records'): Promise<T> {
    const { process } = this;
    process.busy++;
    if (about === 'records') process.busyWithRecords++;
    try {
      return await act();
    } finally {
      process.busy--;
      if (about === 'records') process.busyWithRecords--;
    }
  }
}

export class DurableNodes {
  readonly accounts = new Accounts();
  readonly leads: Leads;
  readonly tables: Readonly<Record<NodeName, Table>>;
  readonly network: Network;
  /** Keys whose records a replica refuses. */
  readonly poisoned = new Set<string>();
  /** How far the clocks of a node are ahead, in milliseconds. */
  readonly offsets: Record<NodeName, number> = { a: 0, b: 0 };
  readonly #world: World;
  readonly #retentionMs: number;
  readonly #instances: Record<NodeName, Instance[]> = { a: [], b: [] };
  #started = 0;
  readonly #isAlone: boolean;

  /** @param isAlone each node has one process, over a data file */
  constructor(world: World, checks: Checks, retentionMs: number, isAlone = false) {
    this.#isAlone = isAlone;
    this.#world = world;
    this.#retentionMs = retentionMs;
    this.leads = new Leads(world);
    const shared = { accounts: this.accounts, leads: this.leads };
    const options = { world, checks, ...shared, retentionMs, isDataFile: isAlone };
    this.tables = { a: new Table('a', 'primary', options), b: new Table('b', 'replica', options) };
    this.network = new Network(world, (name) => this.some(name));
  }

  /** The node that leads, by its table; of two the one that has begun to later. */
  get leading(): NodeName | undefined {
    const leading = (['a', 'b'] as const).filter((name) => this.tables[name].state.role.role === 'primary');
    if (leading.length < 2) return leading[0];
    return this.tables.a.state.own > this.tables.b.state.own ? 'a' : 'b';
  }

  all(name: NodeName): readonly Instance[] {
    return this.#instances[name];
  }

  /** The process that a request to this node reaches: one that is not stopped in the middle of something, or a new one. */
  some(name: NodeName): Instance {
    const { random } = this.#world;
    const here = this.#instances[name];
    if (this.#isAlone) return here[0] ?? this.start(name);
    const free = here.filter(({ process }) => process.isIdle || !process.isStopped);
    if (free.length === 0 || (here.length < PROCESSES && random.chance(0.2))) return this.start(name);
    const instance = random.pick(free);
    instance.process.wake();
    return instance;
  }

  start(name: NodeName): Instance {
    const { random } = this.#world;
    const offset = this.offsets[name] + random.int(-SKEW_MS, SKEW_MS);
    const process = new DurableProcess(`${name}#${++this.#started}`, offset, this.#world);
    const store = this.tables[name].of(process);
    const beginsAs = name === 'a' ? 'primary' : 'replica';
    const node = new DurableNode({
      store,
      nodeState: store.nodeState as NodeState,
      peer: this.network.peerOf(process, name === 'a' ? 'b' : 'a'),
      clock: process.clock,
      random: random.next,
      log: this.#logOf(process),
      retentionMs: this.#retentionMs,
      beginsAs,
      owner: process.name,
      roles: new Roles(store, process.clock, beginsAs),
      faultOf: ({ key }) => (this.poisoned.has(key) ? 'poisoned' : undefined),
      isHeldBack: ({ key }) => this.poisoned.has(key),
      isAlone: this.#isAlone,
    });
    const instance = new Instance(name, process, store, node);
    this.#instances[name].push(instance);
    return instance;
  }

  kill(instance: Instance): void {
    const here = this.#instances[instance.name];
    const at = here.indexOf(instance);
    if (at === -1) return;
    here.splice(at, 1);
    this.#world.trace(() => `${instance.process.name} is gone`);
    instance.process.isAlive = false;
  }

  /** Nothing that happens in a run may be an error to the node. */
  #logOf(process: Process): Log {
    return {
      warn: (message) => this.#world.trace(() => `${process.name} warns: ${message}`),
      error: (message, _fields, error) =>
        this.#world.fail(`${process.name} logged: ${message}: ${error instanceof Error ? error.stack : error}`),
    };
  }
}
