// The nodes of a run: A and B, each the very node of lib/replication, on a made-up clock and network. Each crashes, and comes
// back empty. A process that was replaced by another one at its address may live on.
import type { Batch, BatchAnswer, Grant, Handshake, Switchover } from '../../lib/peer/wire.ts';
import { MemoryNode } from '../../lib/replication/memory-node.ts';
import type { Promotion } from '../../lib/replication/pair-node.ts';
import type { Primary } from '../../lib/replication/primary.ts';
import type { DigestServer } from '../../lib/replication/serve-digests.ts';
import type { Store } from '../../lib/store/store.ts';
import type { Log } from '../../lib/telemetry/log.ts';
import type { Checks, Recovered } from './checks.ts';
import { Network } from './network.ts';
import { type Machine, Process } from './process.ts';
import { simulatedStore } from './store.ts';
import { START, type World } from './world.ts';

/** `a` begins as the primary, `b` as the replica. */
export type NodeName = 'a' | 'b';

/** How long nobody leads, in milliseconds, before an operator has one of the nodes lead. */
const OPERATOR_MS = 20_000;

/** How long a process lives on that has lost its address, in milliseconds. */
const ZOMBIE_MS = 20_000;

/** What the other node asks of a node. */
export interface Asked {
  readonly process: Process;
  handshake(said: Handshake): Promise<Handshake>;
  replicate(batch: Batch): Promise<BatchAnswer>;
  switchover(question: Switchover): Promise<Grant>;
  readonly server: DigestServer;
}

export class SimulatedNode implements Asked {
  readonly name: NodeName;
  readonly process: Process;
  readonly store: Store;
  readonly node: MemoryNode;
  readonly #checks: Checks;
  readonly #world: World;
  /** Of a recovery that is under way: what it must come to. */
  recovered: Recovered | undefined;
  /** An operator has had it serve what it holds, or lead. */
  isForced = false;

  constructor(name: NodeName, process: Process, store: Store, node: MemoryNode, checks: Checks, world: World) {
    this.name = name;
    this.process = process;
    this.store = store;
    this.node = node;
    this.#checks = checks;
    this.#world = world;
  }

  /** Absent while it is the replica, or recovers. */
  get primary(): Primary | undefined {
    return this.node.leading;
  }

  get server(): DigestServer {
    return this.node.digests;
  }

  handshake(said: Handshake): Promise<Handshake> {
    return this.node.handshake(said);
  }

  async replicate(batch: Batch): Promise<BatchAnswer> {
    const answer = await this.node.replica.apply(batch);
    this.#checks.acknowledgedEpoch(this.process, batch.epoch, batch.from);
    return answer;
  }

  async switchover(question: Switchover): Promise<Grant> {
    const grant = await this.node.switchover(question);
    this.#checks.entitled(grant.to);
    return grant;
  }

  /** @returns `undefined` when it was refused */
  async promote(force: boolean): Promise<Promotion | undefined> {
    if (force) {
      this.isForced = true;
      this.process.absenceTakenOf = this.primary?.replicaFacts.contentsId;
      this.#checks.entitled(this.process.name);
    }
    const promotion = await this.node.promote(force).catch((error: Error) => error);
    if (!this.process.isAlive) return undefined;
    const told = promotion instanceof Error ? promotion.message : JSON.stringify(promotion);
    this.#world.trace(() => `${this.process.name} promote${force ? ' by force' : ''}: ${told}`);
    return promotion instanceof Error ? undefined : promotion;
  }
}

export class Nodes {
  a: SimulatedNode | undefined;
  b: SimulatedNode | undefined;
  /** A process of one of the nodes that has lost its address to another one, and does not know it. */
  zombie: SimulatedNode | undefined;
  /** Keys whose records a replica refuses. */
  readonly poisoned = new Set<string>();
  readonly network: Network;
  readonly machines: Readonly<Record<NodeName, Machine>> = { a: machine('a'), b: machine('b') };
  readonly #world: World;
  readonly #checks: Checks;
  readonly #retentionMs: number;
  #started = 0;
  #leaderless: number | undefined;

  constructor(world: World, checks: Checks, retentionMs: number) {
    this.#world = world;
    this.#checks = checks;
    this.#retentionMs = retentionMs;
    this.network = new Network(world, (name) => this[name]);
    world.observe(() => this.#observe());
  }

  start(name: NodeName): void {
    if (this[name] !== undefined) return;
    const process = new Process(`${name}#${++this.#started}`, this.machines[name], this.#world);
    this.#checks.started(process);
    const store = simulatedStore(process, this.#checks);
    const node = new MemoryNode({
      store,
      peer: this.network.peerOf(process, name === 'a' ? 'b' : 'a'),
      clock: process.clock,
      random: this.#world.random.next,
      log: this.#logOf(process),
      retentionMs: this.#retentionMs,
      beginsAs: name === 'a' ? 'primary' : 'replica',
      faultOf: ({ key }) => (this.poisoned.has(key) ? 'poisoned' : undefined),
      isHeldBack: ({ key }) => this.poisoned.has(key),
    });
    this[name] = new SimulatedNode(name, process, store, node, this.#checks, this.#world);
  }

  /** Ends a node at once; what it held in memory is gone. */
  crash(name: NodeName | 'zombie'): void {
    const node = this[name];
    if (node === undefined) return;
    node.process.isAlive = false;
    this[name] = undefined;
    this.#checks.crashed(node.process);
  }

  /** Starts another process at the address of a node, while the one before lives on. */
  replace(name: NodeName): void {
    if (this[name] === undefined) return;
    this.crash('zombie');
    const zombie = this[name];
    this.zombie = zombie;
    this[name] = undefined;
    if (zombie) zombie.process.hasLostAddress = true;
    this.#world.trace(() => `${zombie?.process.name} has lost its address`);
    this.start(name);
    this.#world.at(ZOMBIE_MS, () => {
      if (this.zombie === zombie) this.crash('zombie');
    });
  }

  /** The node whose epoch began last, among those at their addresses. */
  get leading(): SimulatedNode | undefined {
    const [a, b] = [this.a, this.b];
    return (b?.primary?.epoch ?? 0) > (a?.primary?.epoch ?? 0) ? b : a?.primary ? a : undefined;
  }

  /** The other node of the pair, as a process sees it. */
  otherOf(process: Process): SimulatedNode | undefined {
    return process.machine.name === 'a' ? this.b : this.a;
  }

  /** After each event: which recoveries have begun and ended, and whether anybody leads. */
  #observe(): void {
    for (const each of [this.a, this.b, this.zombie]) if (each) this.#observeRecovery(each);
    const { a, b } = this;
    const isLed = !a || !b || [a, b].some(({ node }) => node.roles.believed.role === 'primary');
    if (isLed) this.#leaderless = undefined;
    else this.#leaderless ??= this.#world.now;
    if (this.#leaderless === undefined || this.#world.now - this.#leaderless < OPERATOR_MS) return;
    this.#leaderless = undefined;
    this.haveOneLead();
  }

  /** An operator has one of the nodes lead: the other one gave the lead to contents that are gone, say. */
  haveOneLead(): void {
    this.#world.trace(() => 'nobody leads: an operator has one node lead');
    void (this.#world.random.chance(0.5) ? this.a : this.b)?.promote(true);
  }

  #observeRecovery(each: SimulatedNode): void {
    const { process, node } = each;
    const other = this.otherOf(process)?.process;
    if (node.isRecovering) each.recovered ??= this.#checks.recovering(process, other);
    else if (each.recovered) {
      const { recovered } = each;
      each.recovered = undefined;
      if (each.primary) recovered(each.primary.replicaFacts.hasStartedAlone, each.isForced, other);
    }
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

function machine(name: string): Machine {
  return { name, offset: 0, latest: START };
}
